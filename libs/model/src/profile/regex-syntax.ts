/**
 * Reads regular expressions as RE2 (Go, Rust's regex) writes them: what a ServiceProfile's pathRegex may hold. No
 * look-around and no back-references exist there, so none is accepted here; that is also what makes matching linear.
 * Syntax: https://github.com/google/re2/wiki/Syntax
 */

/** Inclusive range of UTF-16 code units. */
export type CharRange = readonly [low: number, high: number];

export type RegexNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'chars'; readonly ranges: readonly CharRange[] }
  | { readonly kind: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'either'; readonly nodes: readonly RegexNode[] }
  /** `max` is Infinity for `*`, `+` and `{n,}`. */
  | {
      readonly kind: 'repeat';
      readonly node: RegexNode;
      readonly min: number;
      readonly max: number;
    }
  /** `^` and `$`: the beginning and the end of the whole text. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' };

/** `at` is the fault's place, counted from 0. */
export interface RegexFault {
  readonly message: string;
  readonly at: number;
}
export type ParsedRegex =
  | { readonly ok: true; readonly node: RegexNode }
  | { readonly ok: false; readonly fault: RegexFault };

/** RE2's own limit of a counted repetition. */
const MAX_REPEAT = 1000;
/** Groups inside groups; the reader recurses, and nobody needs more. */
const MAX_DEPTH = 100;
const MAX_CODE = 0xffff;

const DIGIT: readonly CharRange[] = [[48, 57]];
const WORD: readonly CharRange[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: readonly CharRange[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const CLASS_ESCAPES: Readonly<Record<string, readonly CharRange[]>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  D: invertRanges(DIGIT),
  W: invertRanges(WORD),
  S: invertRanges(SPACE),
};
const CONTROL_ESCAPES: Readonly<Record<string, number>> = {
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  a: 7,
};
/** Any character but a line feed, as `.` means without the s flag. */
const ANY: readonly CharRange[] = invertRanges([[10, 10]]);

class RegexError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Reads a pattern; the first fault is told with its place. Never throws. */
export function parseRegex(source: string): ParsedRegex {
  try {
    const reader = new Reader(source);
    return { ok: true, node: reader.readAll() };
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return { ok: false, fault: { message: error.message, at: error.at } };
  }
}

class Reader {
  readonly #source: string;
  #at = 0;
  #foldCase = false;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  readAll(): RegexNode {
    const node = this.#readEither();
    if (this.#at < this.#source.length) this.#fail('this ) closes no group', this.#at);
    return node;
  }

  #readEither(): RegexNode {
    const nodes = [this.#readSequence()];
    while (this.#take('|')) nodes.push(this.#readSequence());
    return nodes.length === 1 ? (nodes[0] ?? { kind: 'empty' }) : { kind: 'either', nodes };
  }

  #readSequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') {
      nodes.push(this.#readRepeated());
    }
    if (nodes.length === 0) return { kind: 'empty' };
    return nodes.length === 1 ? (nodes[0] ?? { kind: 'empty' }) : { kind: 'sequence', nodes };
  }

  #readRepeated(): RegexNode {
    const from = this.#at;
    let node = this.#readAtom();
    const bounds = this.#readQuantifier();
    if (bounds === null) return node;
    if (node.kind === 'begin' || node.kind === 'end') {
      this.#fail(`${this.#source[from] ?? ''} cannot be repeated`, this.#at - 1);
    }
    node = { kind: 'repeat', node, min: bounds[0], max: bounds[1] };
    // Lazy and greedy accept the same texts.
    this.#take('?');
    if (/[*+?]/.test(this.#peek())) this.#fail('a repetition cannot be repeated', this.#at);
    return node;
  }

  #readQuantifier(): readonly [number, number] | null {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (counted === null) return null;
    const min = Number(counted[1]);
    const open = counted[2] !== undefined && counted[3] === '';
    const max = counted[2] === undefined ? min : open ? Infinity : Number(counted[3]);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      this.#fail(`a repetition count is at most ${MAX_REPEAT}`, this.#at);
    }
    if (max < min) this.#fail(`${counted[0]} asks for more than it allows`, this.#at);
    this.#at += counted[0].length;
    return [min, max];
  }

  #readAtom(): RegexNode {
    const char = this.#peek();
    switch (char) {
      case '(':
        return this.#readGroup();
      case '[':
        return this.#readClass();
      case '\\':
        return this.#readEscape();
      case '.':
        this.#at += 1;
        return { kind: 'chars', ranges: ANY };
      case '^':
        this.#at += 1;
        return { kind: 'begin' };
      case '$':
        this.#at += 1;
        return { kind: 'end' };
      case '*':
      case '+':
      case '?':
        return this.#fail(`there is nothing before ${char} to repeat`, this.#at);
      default:
        this.#at += 1;
        return this.#literal(char.charCodeAt(0));
    }
  }

  #readGroup(): RegexNode {
    const open = this.#at;
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail(`groups nest at most ${MAX_DEPTH} deep`, open);
    const foldedBefore = this.#foldCase;
    const flagsOnly = this.#take('?') && this.#readGroupHead(open);
    if (flagsOnly) {
      this.#depth -= 1;
      return { kind: 'empty' };
    }
    const node = this.#readEither();
    if (!this.#take(')')) {
      this.#fail(`the group opened at ${open + 1} is not closed`, open);
    }
    this.#foldCase = foldedBefore;
    this.#depth -= 1;
    return node;
  }

  /** After `(?`. True for `(?i)`, which groups nothing and holds to the end of the group around it. */
  #readGroupHead(open: number): boolean {
    const head = this.#source.slice(this.#at);
    if (/^<?[=!]/.test(head)) {
      this.#fail('look-ahead and look-behind do not exist in path patterns', open);
    }
    const name = /^P?<([A-Za-z_]\w*)>/.exec(head);
    if (name !== null) {
      this.#at += name[0].length;
      return false;
    }
    const flags = /^(i?)(?:(-)(i))?([:)])/.exec(head);
    if (flags === null) return this.#fail('this kind of group is not known', open);
    if (flags[1] === 'i') this.#foldCase = true;
    if (flags[3] === 'i') this.#foldCase = false;
    this.#at += flags[0].length;
    return flags[4] === ')';
  }

  #readClass(): RegexNode {
    const open = this.#at;
    this.#at += 1;
    const inverted = this.#take('^');
    const ranges: CharRange[] = [];
    let first = true;
    for (;;) {
      if (this.#at >= this.#source.length) {
        this.#fail(`the [ at ${open + 1} is not closed`, open);
      }
      if (!first && this.#take(']')) break;
      first = false;
      this.#readClassItem(ranges);
    }
    const folded = this.#foldCase ? foldRanges(ranges) : ranges;
    return { kind: 'chars', ranges: inverted ? invertRanges(folded) : folded };
  }

  #readClassItem(ranges: CharRange[]): void {
    const from = this.#at;
    if (this.#source.startsWith('[:', from)) this.#fail('write \\d or a-z instead of [:…:]', from);
    const low = this.#readClassChar();
    if (typeof low !== 'number') {
      ranges.push(...low);
      return;
    }
    const isRange = this.#peek() === '-' && !['', ']'].includes(this.#source[this.#at + 1] ?? '');
    if (!isRange) {
      ranges.push([low, low]);
      return;
    }
    this.#at += 1;
    const high = this.#readClassChar();
    if (typeof high !== 'number' || high < low) {
      this.#fail(`${this.#source.slice(from, this.#at)} is not a range`, from);
    }
    ranges.push([low, high]);
  }

  #readClassChar(): number | readonly CharRange[] {
    if (this.#peek() === '\\') {
      const node = this.#readEscaped();
      return node;
    }
    const code = this.#source.charCodeAt(this.#at);
    this.#at += 1;
    return code;
  }

  #readEscape(): RegexNode {
    const from = this.#at;
    const next = this.#source[from + 1] ?? '';
    if (next === 'A' || next === 'z') {
      this.#at += 2;
      return { kind: next === 'A' ? 'begin' : 'end' };
    }
    if (next === 'b' || next === 'B') this.#fail('word boundaries are not supported here', from);
    const read = this.#readEscaped();
    return typeof read === 'number' ? this.#literal(read) : { kind: 'chars', ranges: read };
  }

  /** After a backslash: one character's code, or a class such as `\d`. */
  #readEscaped(): number | readonly CharRange[] {
    const from = this.#at;
    const char = this.#source[from + 1];
    if (char === undefined) return this.#fail('a backslash needs something after it', from);
    this.#at += 2;
    const ranges = CLASS_ESCAPES[char];
    if (ranges !== undefined) return ranges;
    const control = CONTROL_ESCAPES[char];
    if (control !== undefined) return control;
    if (char === 'x') return this.#readHex(from);
    if (/[1-9]/.test(char)) this.#fail('back-references do not exist in path patterns', from);
    if (/[A-Za-z0-9]/.test(char)) this.#fail(`\\${char} is not known`, from);
    return char.charCodeAt(0);
  }

  #readHex(from: number): number {
    const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,4})\})/.exec(
      this.#source.slice(this.#at, this.#at + 6),
    );
    if (hex === null) return this.#fail('\\x needs two hexadecimal digits', from);
    this.#at += hex[0].length;
    return Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
  }

  #literal(code: number): RegexNode {
    const ranges: readonly CharRange[] = [[code, code]];
    return { kind: 'chars', ranges: this.#foldCase ? foldRanges(ranges) : ranges };
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #fail(message: string, at: number): never {
    throw new RegexError(message, at);
  }
}

/** All code units that are in none of the ranges. */
function invertRanges(ranges: readonly CharRange[]): readonly CharRange[] {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const inverted: CharRange[] = [];
  let next = 0;
  for (const [low, high] of sorted) {
    if (low > next) inverted.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= MAX_CODE) inverted.push([next, MAX_CODE]);
  return inverted;
}

/** With the other case of each ASCII letter; paths hold nothing else that has one. */
function foldRanges(ranges: readonly CharRange[]): readonly CharRange[] {
  const both: CharRange[] = [...ranges];
  for (const [low, high] of ranges) {
    addShifted(both, Math.max(low, 65), Math.min(high, 90), 32);
    addShifted(both, Math.max(low, 97), Math.min(high, 122), -32);
  }
  return both;
}

function addShifted(ranges: CharRange[], low: number, high: number, by: number): void {
  if (low <= high) ranges.push([low + by, high + by]);
}
