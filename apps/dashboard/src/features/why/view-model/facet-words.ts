import type { WhyProperty } from '@tulle/model';

/** A facet's heading, and what is said when nothing failed with any value. */
export const FACET_WORDS: Readonly<Record<WhyProperty, { title: string; note: string }>> = {
  route: { title: 'By route', note: 'what was asked' },
  status: { title: 'By answer', note: 'what came back' },
  instance: { title: 'By instance', note: 'who answered' },
  caller: { title: 'By caller', note: 'who asked' },
};
