import Link from 'next/link';
import { OVERVIEW } from '@/lib/navigation/addresses.ts';
import classes from './brand.module.css';

/** The name and its mark: two threads crossing in a fine mesh. */
export function Brand() {
  return (
    <Link href={OVERVIEW} className={classes['brand']} aria-label="Tulle, overview">
      <svg width="22" height="16" viewBox="0 0 22 16" fill="none" strokeLinecap="round" aria-hidden>
        <path
          d="M1.5 3.5C7 3.5 7 12.5 12 12.5s4-9 8.5-9"
          stroke="var(--accent)"
          strokeWidth="1.8"
        />
        <path
          d="M1.5 12.5C7 12.5 7 3.5 12 3.5s4 9 8.5 9"
          stroke="var(--accent)"
          strokeOpacity=".5"
          strokeWidth="1.8"
        />
      </svg>
      Tulle
    </Link>
  );
}
