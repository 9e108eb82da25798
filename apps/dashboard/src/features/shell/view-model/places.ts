import { MAP, OVERVIEW, ROUTES, TAP } from '@/lib/navigation/addresses.ts';

/** A page of the sidebar, the bottom bar, the palette and the keyboard. */
export interface Place {
  readonly words: string;
  readonly href: string;
  /** Pressed after `g`. */
  readonly key: string;
  /** In the bottom bar of a narrow screen, which has room for five things. */
  readonly inBar: boolean;
  /** Whether an address lies within it. */
  readonly holds: (pathname: string) => boolean;
}

export const PLACES: readonly Place[] = [
  place('Overview', OVERVIEW, 'o', true),
  place('Map', MAP, 'm', true),
  place('Tap', TAP, 't', true),
  place('Routes', ROUTES, 'r', false),
];

function place(words: string, href: string, key: string, inBar: boolean): Place {
  return {
    words,
    href,
    key,
    inBar,
    holds: (pathname) => (href === OVERVIEW ? pathname === href : pathname.startsWith(href)),
  };
}
