/**
 * HPACK's Huffman code, RFC 7541 appendix B. The code is canonical, so the 257 lengths say everything. Codes up to eight
 * bits (all letters and digits) are decoded by one look-up in a table that stays in the processor's first cache; longer
 * ones by comparing with the first code of each length.
 */

const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
] as const;
const EOS = 256;
const MAX_LENGTH = 30;
const SHORT_BITS = 8;

/** Symbols ordered by code. */
const symbols = Array.from({ length: LENGTHS.length }, (_, symbol) => symbol).sort(
  (a, b) => (LENGTHS[a] as number) - (LENGTHS[b] as number) || a - b,
);
/** By length: the first code, its place in `symbols`, and the first code past this length's (all `length` bits wide). */
const firstCode = new Uint32Array(MAX_LENGTH + 2);
const firstPlace = new Uint16Array(MAX_LENGTH + 2);
const endCode = new Uint32Array(MAX_LENGTH + 2);
/** Eight bits to `symbol << 4 | length`; 0 where the code is longer. */
const shortCodes = new Uint16Array(1 << SHORT_BITS);
const codes = new Uint32Array(LENGTHS.length);

function buildTables(): void {
  let code = 0;
  let place = 0;
  for (let length = 1; length <= MAX_LENGTH; length += 1) {
    code <<= 1;
    firstCode[length] = code;
    firstPlace[length] = place;
    while (place < symbols.length && LENGTHS[symbols[place] as number] === length) {
      const symbol = symbols[place] as number;
      codes[symbol] = code;
      if (length <= SHORT_BITS) fillShort(code, length, symbol);
      code += 1;
      place += 1;
    }
    endCode[length] = code;
  }
}

function fillShort(code: number, length: number, symbol: number): void {
  const spare = SHORT_BITS - length;
  const from = code << spare;
  shortCodes.fill((symbol << 4) | length, from, from + (1 << spare));
}
buildTables();

/** `symbol << 5 | length` of the code at the top of `bits` (30 bits wide), or -1 when no code matches. */
function longCode(bits: number): number {
  for (let length = SHORT_BITS + 1; length <= MAX_LENGTH; length += 1) {
    const code = bits >>> (MAX_LENGTH - length);
    if (code >= (endCode[length] as number)) continue;
    const place = (firstPlace[length] as number) + code - (firstCode[length] as number);
    return ((symbols[place] as number) << 5) | length;
  }
  return -1;
}

/** No string decodes to more bytes than this factor (the shortest code has five bits). */
export const MAX_HUFFMAN_GROWTH = 8 / 5;

/**
 * Decodes `source[start, end)` into `target` from 0. `target` must hold (end - start) * {@link MAX_HUFFMAN_GROWTH} bytes.
 * @returns bytes written, or -1 for EOS inside, or padding that is longer than 7 bits or not all ones.
 */
export function huffmanDecode(source: Buffer, start: number, end: number, target: Buffer): number {
  let at = start;
  let out = 0;
  // The `held` low bits of `bits` are not decoded yet: at most 15.
  let bits = 0;
  let held = 0;
  for (;;) {
    while (held < SHORT_BITS && at < end) {
      bits = ((bits << 8) | (source[at] as number)) & 0xffff;
      held += 8;
      at += 1;
    }
    if (held === 0) return out;
    const top =
      held >= SHORT_BITS ? (bits >>> (held - SHORT_BITS)) & 0xff : padWithOnes(bits, held);
    const short = shortCodes[top] as number;
    if (short !== 0) {
      const length = short & 0xf;
      if (length > held) return isPadding(bits, held) ? out : -1;
      held -= length;
      target[out] = short >>> 4;
      out += 1;
      continue;
    }
    if (held < SHORT_BITS) return isPadding(bits, held) ? out : -1;
    const bitAt = at * 8 - held;
    const long = longCode(peekBits(source, bitAt, end));
    const length = long & 0x1f;
    const symbol = long >>> 5;
    if (long === -1 || symbol === EOS) return -1;
    const nextBit = bitAt + length;
    // A code that reaches into the ones put after the end is padding of eight bits or more.
    if (nextBit > end * 8) return -1;
    target[out] = symbol;
    out += 1;
    at = (nextBit + 7) >>> 3;
    held = at * 8 - nextBit;
    bits = at > start ? (source[at - 1] as number) : 0;
  }
}

function padWithOnes(bits: number, held: number): number {
  const spare = SHORT_BITS - held;
  return ((bits << spare) | ((1 << spare) - 1)) & 0xff;
}

function isPadding(bits: number, held: number): boolean {
  const ones = (1 << held) - 1;
  return held < 8 && (bits & ones) === ones;
}

/** 30 bits from `bitAt`, ones past `end`. */
function peekBits(source: Buffer, bitAt: number, end: number): number {
  let value = 0;
  const byteAt = bitAt >>> 3;
  const skip = bitAt & 7;
  for (let i = 0; i < 5; i += 1) {
    const byte = byteAt + i < end ? (source[byteAt + i] as number) : 0xff;
    value = value * 256 + byte;
  }
  // 40 bits read: drop `skip` in front and keep 30.
  return Math.floor(value / 2 ** (10 - skip)) % 2 ** MAX_LENGTH;
}

/** Encodes latin1 text. The encoder sends plain strings; this is the other half of the decoder's tests. */
export function huffmanEncode(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0n;
  let held = 0n;
  for (let i = 0; i < text.length; i += 1) {
    const symbol = text.charCodeAt(i) & 0xff;
    const length = BigInt(LENGTHS[symbol] as number);
    bits = (bits << length) | BigInt(codes[symbol] as number);
    held += length;
    while (held >= 8n) {
      held -= 8n;
      bytes.push(Number((bits >> held) & 0xffn));
      bits &= (1n << held) - 1n;
    }
  }
  if (held > 0n) bytes.push(Number(((bits << (8n - held)) | ((1n << (8n - held)) - 1n)) & 0xffn));
  return Buffer.from(bytes);
}
