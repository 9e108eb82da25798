/** Keys pressed one after the other, such as `g` then `o`. Pure: the caller gives key and time. */
export interface SequenceState {
  readonly first: string | null;
  readonly atMs: number;
}

export const NO_KEYS: SequenceState = { first: null, atMs: 0 };

/** The second key must follow within this time. */
const WITHIN_MS = 1200;

export interface SequenceStep {
  readonly state: SequenceState;
  /** The whole shortcut that was completed: `g o`, `?`; null for none. */
  readonly pressed: string | null;
}

/** What a key does. `known` are the shortcuts; a key that starts a longer one waits for the next. */
export function pressKey(
  state: SequenceState,
  key: string,
  atMs: number,
  known: ReadonlySet<string>,
): SequenceStep {
  if (state.first !== null && atMs - state.atMs <= WITHIN_MS) {
    const pair = `${state.first} ${key}`;
    if (known.has(pair)) return { state: NO_KEYS, pressed: pair };
  }
  if (known.has(key)) return { state: NO_KEYS, pressed: key };
  const starts = [...known].some((shortcut) => shortcut.startsWith(`${key} `));
  return { state: starts ? { first: key, atMs } : NO_KEYS, pressed: null };
}
