/**
 * Matches a whole text against a pattern in time linear in the text, whatever the pattern: states of a Thompson NFA
 * are walked in sets, each set met is kept as one state of a lazily built DFA. JavaScript's own engine backtracks, so
 * one `(a+)+` in somebody's route could stop a proxy.
 *
 *     char → set of NFA states → (class of char) → next set …   one array look-up per character once warm
 */
import type { CharRange, RegexNode } from './regex-syntax.ts';

/** Says whether the whole text matches. */
export type RegexTest = (text: string) => boolean;

/** States a pattern may become; counted repetitions multiply. Past it {@link compileRegex} gives null. */
const MAX_NFA_STATES = 5000;
/** DFA states kept; past it the cache starts anew, which bounds memory and costs only time. */
const MAX_DFA_STATES = 500;
const ASCII = 128;

type NfaState =
  | { readonly kind: 'chars'; readonly ranges: readonly CharRange[]; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'begin' | 'end'; next: number }
  | { readonly kind: 'match' };

interface DfaState {
  readonly nfa: readonly number[];
  readonly accepts: boolean;
  /** By character class; null where not known yet. */
  readonly next: (DfaState | null)[];
}

/** Compiles a pattern. Null when it is too large (its counted repetitions multiply to over 5000 states). */
export function compileRegex(node: RegexNode): RegexTest | null {
  const states: NfaState[] = [{ kind: 'match' }];
  const start = build(states, node, 0);
  if (start === null) return null;
  const classes = new CharClasses(states);
  const cache = new Map<string, DfaState>();
  const intern = (nfa: readonly number[]): DfaState => {
    const key = nfa.join(',');
    const known = cache.get(key);
    if (known !== undefined) return known;
    if (cache.size >= MAX_DFA_STATES) cache.clear();
    const accepts = closure(states, nfa, false, true).includes(0);
    const made = { nfa, accepts, next: Array<DfaState | null>(classes.count).fill(null) };
    cache.set(key, made);
    return made;
  };
  const first = intern(closure(states, [start], true, false));
  // An empty text is at its beginning and its end at once.
  const acceptsEmpty = closure(states, [start], true, true).includes(0);
  return (text) => {
    if (text === '') return acceptsEmpty;
    let state = first;
    for (let at = 0; at < text.length; at += 1) {
      const charClass = classes.of(text.charCodeAt(at));
      let next = state.next[charClass] ?? null;
      if (next === null) {
        next = intern(step(states, state.nfa, classes.sample(charClass)));
        state.next[charClass] = next;
      }
      if (next.nfa.length === 0) return false;
      state = next;
    }
    return state.accepts;
  };
}

/** Adds the states of a node in front of `next`; gives the first, or null when there are too many. */
function build(states: NfaState[], node: RegexNode, next: number): number | null {
  if (states.length > MAX_NFA_STATES) return null;
  switch (node.kind) {
    case 'empty':
      return next;
    case 'chars':
      return states.push({ kind: 'chars', ranges: node.ranges, next }) - 1;
    case 'begin':
    case 'end':
      return states.push({ kind: node.kind, next }) - 1;
    case 'sequence':
      return node.nodes.reduceRight<number | null>(
        (after, part) => (after === null ? null : build(states, part, after)),
        next,
      );
    case 'either':
      return buildEither(states, node.nodes, next);
    case 'repeat':
      return buildRepeat(states, node, next);
    default:
      return node satisfies never;
  }
}

function buildEither(states: NfaState[], nodes: readonly RegexNode[], next: number): number | null {
  let entry: number | null = null;
  for (const part of nodes) {
    const first = build(states, part, next);
    if (first === null) return null;
    entry = entry === null ? first : states.push({ kind: 'split', next: entry, other: first }) - 1;
  }
  return entry ?? next;
}

function buildRepeat(
  states: NfaState[],
  { node, min, max }: Extract<RegexNode, { kind: 'repeat' }>,
  next: number,
): number | null {
  let entry: number | null = next;
  if (max === Infinity) {
    const loop = { kind: 'split' as const, next, other: next };
    const at = states.push(loop) - 1;
    const body = build(states, node, at);
    if (body === null) return null;
    loop.other = body;
    entry = at;
  }
  const optional = max === Infinity ? 0 : max - min;
  for (let count = 0; count < optional; count += 1) {
    const body: number | null = build(states, node, entry);
    if (body === null) return null;
    entry = states.push({ kind: 'split', next, other: body }) - 1;
  }
  for (let count = 0; count < min && entry !== null; count += 1) {
    entry = build(states, node, entry);
  }
  return entry;
}

/** The states reached without a character, sorted. `begin` and `end` states are passed only where they hold. */
function closure(
  states: readonly NfaState[],
  from: readonly number[],
  atBegin: boolean,
  atEnd: boolean,
): readonly number[] {
  const seen = new Set<number>();
  const open = [...from];
  while (open.length > 0) {
    const index = open.pop() ?? 0;
    if (seen.has(index)) continue;
    seen.add(index);
    const state = states[index];
    if (state === undefined || state.kind === 'match' || state.kind === 'chars') continue;
    if (state.kind === 'split') open.push(state.next, state.other);
    else if (state.kind === 'begin' ? atBegin : atEnd) open.push(state.next);
  }
  return [...seen].sort((a, b) => a - b);
}

function step(
  states: readonly NfaState[],
  from: readonly number[],
  code: number,
): readonly number[] {
  const reached: number[] = [];
  for (const index of from) {
    const state = states[index];
    if (state?.kind === 'chars' && contains(state.ranges, code)) reached.push(state.next);
  }
  return closure(states, reached, false, false);
}

function contains(ranges: readonly CharRange[], code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high);
}

/** Characters that no range of the pattern tells apart are one class. */
class CharClasses {
  readonly #starts: readonly number[];
  readonly #ascii: Uint16Array;

  constructor(states: readonly NfaState[]) {
    const starts = new Set<number>([0]);
    for (const state of states) {
      if (state.kind !== 'chars') continue;
      for (const [low, high] of state.ranges) {
        starts.add(low);
        starts.add(high + 1);
      }
    }
    this.#starts = [...starts].sort((a, b) => a - b);
    this.#ascii = Uint16Array.from({ length: ASCII }, (_, code) => this.#search(code));
  }

  get count(): number {
    return this.#starts.length;
  }

  of(code: number): number {
    return code < ASCII ? (this.#ascii[code] ?? 0) : this.#search(code);
  }

  /** One character of the class. */
  sample(charClass: number): number {
    return this.#starts[charClass] ?? 0;
  }

  #search(code: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
