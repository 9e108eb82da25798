/** What a fuzz target is: a parser with what must hold of it for every input. */
export interface FuzzTarget {
  /** Of its corpus file too. */
  readonly name: string;
  /** Throws when a property is broken. Whatever the parser is allowed to throw is caught inside. */
  check(input: Buffer): void | Promise<void>;
  /** Inputs to begin with, where the corpus has none. */
  readonly seeds: readonly Buffer[];
  /** Words of the language, put into inputs. */
  readonly words: readonly string[];
}

/** An input that breaks a property. */
export interface Finding {
  readonly input: Buffer;
  readonly error: Error;
}

/** Text as the bytes of latin1. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Where an input is cut: `count` places that depend on its bytes alone, so that a finding can be repeated. */
export function cutsOf(input: Buffer, count: number): number[] {
  let hash = 0x81_1c_9d_c5;
  for (const byte of input) hash = Math.imul(hash ^ byte, 0x01_00_01_93) >>> 0;
  const cuts: number[] = [];
  for (let i = 0; i < count; i += 1) {
    hash = Math.imul(hash ^ (hash >>> 13), 0x5b_d1_e9_95) >>> 0;
    cuts.push(hash % (input.length + 1));
  }
  return cuts.toSorted((a, b) => a - b);
}

/** The input in pieces. */
export function pieces(input: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts, input.length];
  return edges.slice(1).map((end, i) => input.subarray(edges[i], end));
}
