/**
 * Field names are few and come again with every request, so each is one shared object that already knows what the
 * checks of RFC 9113 section 8 and the encoder want to know of it.
 */
import { ANSWER_FIELDS_OF_PROXIES } from '../../stack/http-service.ts';

/** What a name means to the rules of HTTP/2. */
export const NameKind = {
  regular: 0,
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  status: 5,
  unknownPseudo: 6,
  /** `connection` and its kind: malformed in HTTP/2. */
  connectionSpecific: 7,
  te: 8,
  contentLength: 9,
  host: 10,
  contentType: 11,
} as const;
export type NameKind = (typeof NameKind)[keyof typeof NameKind];

const KINDS: ReadonlyMap<string, NameKind> = new Map<string, NameKind>([
  [':method', NameKind.method],
  [':scheme', NameKind.scheme],
  [':authority', NameKind.authority],
  [':path', NameKind.path],
  [':status', NameKind.status],
  ['connection', NameKind.connectionSpecific],
  ['keep-alive', NameKind.connectionSpecific],
  ['proxy-connection', NameKind.connectionSpecific],
  ['transfer-encoding', NameKind.connectionSpecific],
  ['upgrade', NameKind.connectionSpecific],
  ['te', NameKind.te],
  ['content-length', NameKind.contentLength],
  ['host', NameKind.host],
  ['content-type', NameKind.contentType],
]);

/** Secrets stay out of compression tables (RFC 7541 section 7.1.3): their length would tell an attacker who guesses. */
const UNINDEXED: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie']);

const LOWER_CASE_TOKEN = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;

export interface StaticValue {
  readonly value: string;
  readonly index: number;
}

export class HeaderName {
  /** As on the wire. */
  readonly text: string;
  readonly kind: NameKind;
  /** A token in lower case, RFC 9113 section 8.2.1. */
  readonly isValid: boolean;
  /** Says something about a proxy's own answer: not to be believed of anybody else's. */
  readonly isOfProxies: boolean;
  /** May enter the encoder's dynamic table. */
  readonly isIndexable: boolean;
  /** Lowest index in the static table, 0 when it is not there. Set by `static-table.ts`. */
  staticIndex = 0;
  /** Values it has in the static table. Set by `static-table.ts`. */
  staticValues: readonly StaticValue[] | null = null;

  constructor(text: string) {
    this.text = text;
    this.kind =
      KINDS.get(text) ?? (text.startsWith(':') ? NameKind.unknownPseudo : NameKind.regular);
    this.isValid = LOWER_CASE_TOKEN.test(text);
    this.isOfProxies = ANSWER_FIELDS_OF_PROXIES.includes(text);
    this.isIndexable = !UNINDEXED.has(text);
  }
}

/** Names seen past this many are made anew each time, so that a client inventing names cannot fill memory. */
const MAX_SHARED_NAMES = 1024;
const MAX_SHARED_NAME_LENGTH = 64;
const shared = new Map<string, HeaderName>();

/** The shared object of a name. @param text as on the wire, not checked. */
export function headerName(text: string): HeaderName {
  const known = shared.get(text);
  if (known !== undefined) return known;
  const name = new HeaderName(text);
  if (shared.size < MAX_SHARED_NAMES && text.length <= MAX_SHARED_NAME_LENGTH)
    shared.set(text, name);
  return name;
}
