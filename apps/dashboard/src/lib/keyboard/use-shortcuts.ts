'use client';
import { useEffect, useRef } from 'react';
import { NO_KEYS, pressKey } from './key-sequence.ts';

/** Shortcut to what it does: `{'g o': …, '/': …}`. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Listens on the whole page. Silent while a person types, with a modifier held, and while a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    let state = NO_KEYS;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      const known = new Set(Object.keys(latest.current));
      const step = pressKey(state, event.key, event.timeStamp, known);
      state = step.state;
      if (step.pressed === null) return;
      event.preventDefault();
      latest.current[step.pressed]?.();
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, []);
}

/** Moves the focus among the page's row links, `j` down and `k` up. */
export function focusRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row-link]')];
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row === document.activeElement);
  const next = now === -1 ? (step === 1 ? 0 : rows.length - 1) : now + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}

/** Puts the cursor into the page's filter (`data-filter-input`). False when the page has none. */
export function focusFilter(): boolean {
  const input = document.querySelector<HTMLInputElement>('[data-filter-input]');
  input?.focus();
  return input !== null;
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
