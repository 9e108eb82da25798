/**
 * Names that clients send as text again and again, known by their bytes on the wire: neither decoded nor made a string
 * again. Worth 5 % of a request whose fields change each time.
 */
import type { HeaderName } from './header-name.ts';

/** A string literal (RFC 7541 section 5.2), length byte and all, and what it says. */
interface WireName {
  readonly wire: Uint8Array;
  readonly name: HeaderName;
}

/** A power of two. A name that meets another in its slot takes its place, so nobody can fill memory. */
const SLOTS = 1024;
/** Shorter than a length byte can say, so that its first byte is all there is to a length. */
const MAX_BYTES = 64;

const slots: (WireName | null)[] = Array.from({ length: SLOTS }, () => null);

function lengthAt(block: Buffer, at: number): number {
  return (block[at] as number) & 0x7f;
}

function slotOf(block: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (block[at] as number)) | 0;
  return (hash ^ (hash >>> 12)) & (SLOTS - 1);
}

/** The name whose literal stands at `start` of a block that ends at `limit`; null when it has not been seen. */
export function knownName(block: Buffer, start: number, limit: number): WireName | null {
  if (start >= limit) return null;
  const end = start + 1 + lengthAt(block, start);
  if (end > limit || end - start > MAX_BYTES) return null;
  const known = slots[slotOf(block, start, end)] as WireName | null;
  if (known === null || known.wire.length !== end - start) return null;
  const { wire } = known;
  for (let i = 0; i < wire.length; i += 1) if (wire[i] !== block[start + i]) return null;
  return known;
}

/** Remembers that the literal `block[start, end)` says `name`. */
export function rememberName(block: Buffer, start: number, end: number, name: HeaderName): void {
  if (end - start > MAX_BYTES) return;
  // Memory of its own: a slice of Node's pool would keep the pool's block.
  const wire = new Uint8Array(block.subarray(start, end));
  slots[slotOf(block, start, end)] = { wire, name };
}
