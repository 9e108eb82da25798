import type { Health } from '@tulle/model';
import classes from './health-mark.module.css';

/** What each mark says to somebody who does not see it. */
export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  well: 'well',
  degraded: 'degraded',
  failing: 'failing',
  idle: 'no traffic',
  outside: 'outside the mesh',
};

export interface HealthMarkProps {
  health: Health;
  /** Pixels. Default 10, the size beside body text. */
  size?: number;
  /** True where the words beside it already say the health; the mark is then silent. */
  silent?: boolean;
}

/** Health as a shape first and a colour second: circle, triangle, diamond, hollow circle, dashed ring. */
export function HealthMark({ health, size = 10, silent = false }: HealthMarkProps) {
  const naming = silent
    ? { 'aria-hidden': true }
    : { role: 'img', 'aria-label': HEALTH_WORDS[health] };
  return (
    <svg
      className={classes['mark']}
      data-health={health}
      width={size}
      height={size}
      viewBox="0 0 10 10"
      {...naming}
    >
      {shapeOf(health)}
    </svg>
  );
}

function shapeOf(health: Health) {
  switch (health) {
    case 'well':
      return <circle cx="5" cy="5" r="3.8" />;
    case 'degraded':
      return <path d="M5 .9 9.6 9H.4Z" strokeLinejoin="round" />;
    case 'failing':
      return <rect x="1.7" y="1.7" width="6.6" height="6.6" rx=".8" transform="rotate(45 5 5)" />;
    case 'idle':
      return <circle cx="5" cy="5" r="3.4" fill="none" strokeWidth="1.4" />;
    case 'outside':
      return (
        <circle cx="5" cy="5" r="4.1" fill="none" strokeWidth="1.3" strokeDasharray="1.7 1.5" />
      );
  }
}
