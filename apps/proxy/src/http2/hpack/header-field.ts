import { headerName, type HeaderName } from './header-name.ts';

/** RFC 7541 section 4.1. */
const ENTRY_OVERHEAD = 32;

/** One field line. Shared between table and requests, so never changed. Values are latin1: a character is a byte. */
export class HeaderField {
  readonly name: HeaderName;
  readonly value: string;
  /** No control character but tab, no white space at either end (RFC 9113 section 8.2.1). */
  readonly isValueValid: boolean;
  /** The sender asked that no table ever holds it (RFC 7541 section 6.2.3). */
  readonly neverIndexed: boolean;

  constructor(name: HeaderName, value: string, isValueValid: boolean, neverIndexed: boolean) {
    this.name = name;
    this.value = value;
    this.isValueValid = isValueValid;
    this.neverIndexed = neverIndexed;
  }

  /** Size by RFC 7541 section 4.1 and for MAX_HEADER_LIST_SIZE. */
  get size(): number {
    return this.name.text.length + this.value.length + ENTRY_OVERHEAD;
  }
}

/** A field of our own making. @param value latin1, without control characters. */
export function ownField(name: string, value: string): HeaderField {
  return new HeaderField(headerName(name), value, true, false);
}
