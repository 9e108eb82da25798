import type { World } from './world.ts';

/** Something that must hold, and how it is found out. */
export interface Proof {
  readonly name: string;
  readonly claim: string;
  /** Nothing after it makes sense when it fails. */
  readonly isBase?: boolean;
  /** @throws an AssertionError or Error with a sentence when it does not hold */
  run(world: World): Promise<void>;
  /** Says what helps to see why it failed. */
  explain?(world: World): Promise<void>;
}
