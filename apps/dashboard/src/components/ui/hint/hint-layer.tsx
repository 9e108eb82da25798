'use client';
/**
 * One tooltip for every element with `data-hint`. A page shows a hundred numbers and each has its query to tell; one
 * layer that listens costs nothing, a hundred tooltip components would be drawn anew each second.
 */
import { useEffect, useState } from 'react';
import classes from './hint-layer.module.css';

interface ShownHint {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly below: boolean;
}

const OPEN_AFTER_MS = 220;
/** Room needed above an element before the hint goes below it. */
const HEADROOM_PX = 120;

/** Put once in the page. The first line of a hint is drawn as code when it is followed by a second. */
export function HintLayer() {
  const [hint, setHint] = useState<ShownHint | null>(null);
  useEffect(() => watchHints(setHint), []);
  if (hint === null) return null;
  const [head = '', ...rest] = hint.text.split('\n');
  return (
    <div
      className={classes['hint']}
      data-below={hint.below}
      role="tooltip"
      style={{ left: hint.x, top: hint.y }}
    >
      {rest.length === 0 ? head : <code className={classes['query']}>{head}</code>}
      {rest.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}

function watchHints(show: (hint: ShownHint | null) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over: Element | null = null;
  const leave = () => {
    clearTimeout(timer);
    over = null;
    show(null);
  };
  const enter = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-hint]') : null;
    if (target === over) return;
    leave();
    if (target === null) return;
    over = target;
    timer = setTimeout(() => {
      show(placed(target));
    }, OPEN_AFTER_MS);
  };
  document.addEventListener('pointerover', enter);
  document.addEventListener('focusin', enter);
  document.addEventListener('pointerdown', leave);
  document.addEventListener('scroll', leave, true);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('pointerover', enter);
    document.removeEventListener('focusin', enter);
    document.removeEventListener('pointerdown', leave);
    document.removeEventListener('scroll', leave, true);
  };
}

function placed(target: Element): ShownHint | null {
  const text = target.getAttribute('data-hint');
  if (text === null || text === '' || !target.isConnected) return null;
  const box = target.getBoundingClientRect();
  const below = box.top < HEADROOM_PX;
  const x = Math.min(Math.max(box.left + box.width / 2, 200), window.innerWidth - 200);
  return { text, x, y: below ? box.bottom + 6 : box.top - 6, below };
}
