/** What a proxy says of itself with each question: `LINKERD2_PROXY_DESTINATION_CONTEXT`. */
export interface ClientContext {
  /** Empty where it is not known. */
  readonly namespace: string;
  readonly node: string;
}

const NOBODY: ClientContext = { namespace: '', node: '' };
/** Linkerd's own is about 100 bytes. */
const MAX_TOKEN_LENGTH = 4096;

/**
 * Reads `{"ns":"…","nodeName":"…"}`, or the old `ns:…`. What cannot be read says nothing: the answer is then the one
 * for everybody.
 */
export function parseContextToken(token: string): ClientContext {
  if (token === '' || token.length > MAX_TOKEN_LENGTH) return NOBODY;
  const old = /^ns:([^:]+)$/.exec(token);
  if (old !== null) return { namespace: old[1] ?? '', node: '' };
  try {
    const parsed: unknown = JSON.parse(token);
    if (typeof parsed !== 'object' || parsed === null) return NOBODY;
    return { namespace: textOf(parsed, 'ns'), node: textOf(parsed, 'nodeName') };
  } catch {
    return NOBODY;
  }
}

function textOf(object: object, name: string): string {
  const value: unknown = (object as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
