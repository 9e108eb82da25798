import { OVERVIEW, ROUTES, TAP } from '@/lib/navigation/addresses.ts';

/** A page of the sidebar, the bottom bar, the palette and the keyboard. */
export interface Place {
  readonly words: string;
  readonly href: string;
  /** Pressed after `g`. */
  readonly key: string;
  /** Whether an address lies within it. */
  readonly holds: (pathname: string) => boolean;
}

export const PLACES: readonly Place[] = [
  { words: 'Overview', href: OVERVIEW, key: 'o', holds: (pathname) => pathname === OVERVIEW },
  { words: 'Tap', href: TAP, key: 't', holds: (pathname) => pathname.startsWith(TAP) },
  { words: 'Routes', href: ROUTES, key: 'r', holds: (pathname) => pathname.startsWith(ROUTES) },
];
