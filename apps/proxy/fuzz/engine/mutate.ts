import type { Random } from './random.ts';

/** A parser's state is reached within this; longer inputs only slow the search. */
const MAX_BYTES = 4096;
const MAX_STEPS = 6;
const INTERESTING = [0, 1, 9, 10, 13, 32, 34, 44, 48, 57, 58, 59, 92, 123, 127, 128, 255];

/** An input made from others by a few steps of change. Never changes what it is given. */
export function mutate(
  input: Buffer,
  others: readonly Buffer[],
  words: readonly Buffer[],
  random: Random,
): Buffer {
  let bytes = input;
  for (let steps = 1 + random.below(MAX_STEPS); steps > 0; steps -= 1) {
    bytes = step(bytes, others, words, random);
  }
  return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes;
}

function step(
  bytes: Buffer,
  others: readonly Buffer[],
  words: readonly Buffer[],
  random: Random,
): Buffer {
  const at = random.below(bytes.length + 1);
  const end = at + random.below(Math.min(bytes.length - at, 32) + 1);
  switch (random.below(9)) {
    case 0:
      return replaced(bytes, at, at + 1, Buffer.from([random.below(256)]));
    case 1:
      return replaced(bytes, at, at + 1, Buffer.from([random.of(INTERESTING)]));
    case 2:
      return flipped(bytes, at, random.below(8));
    case 3:
      return replaced(bytes, at, end, Buffer.alloc(0));
    case 4:
      return replaced(bytes, at, at, bytes.subarray(at, end));
    case 5:
      return words.length === 0 ? bytes : replaced(bytes, at, at, random.of(words));
    case 6:
      return words.length === 0 ? bytes : replaced(bytes, at, end, random.of(words));
    case 7:
      return spliced(bytes, at, random.of(others), random);
    default:
      return repeated(bytes, at, end, random);
  }
}

function replaced(bytes: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

function spliced(bytes: Buffer, at: number, other: Buffer, random: Random): Buffer {
  return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
}

function repeated(bytes: Buffer, from: number, to: number, random: Random): Buffer {
  const times = 1 + random.below(to - from < 4 ? 200 : 8);
  const run = Buffer.concat(Array.from({ length: times }, () => bytes.subarray(from, to)));
  return replaced(bytes, to, to, run);
}
