import { EMOJI_CATALOGUE } from '../catalogue/emoji-catalogue.ts';

/** Votes for one emoji. */
export interface PollResult {
  readonly shortcode: string;
  readonly votes: number;
}

/** The votes of this process, in memory: two replicas count apart, as in the original. */
export class Poll {
  readonly #votes = new Map<string, number>(EMOJI_CATALOGUE.map((emoji) => [emoji.shortcode, 0]));

  vote(shortcode: string): void {
    this.#votes.set(shortcode, (this.#votes.get(shortcode) ?? 0) + 1);
  }

  /** Emoji with at least one vote, most votes first. */
  results(): PollResult[] {
    return [...this.#votes]
      .filter(([, votes]) => votes > 0)
      .map(([shortcode, votes]) => ({ shortcode, votes }))
      .sort((a, b) => b.votes - a.votes);
  }
}
