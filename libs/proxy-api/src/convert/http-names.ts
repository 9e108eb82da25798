import type { Headers, HttpMethod, Scheme } from '../gen/http_types_pb.ts';
import { HttpMethod_Registered, Scheme_Registered } from '../gen/http_types_pb.ts';

/** Messages here are written out: a program that knows the wire by `../wire` need not load protobuf-es for them. */
const METHOD = 'io.linkerd.proxy.http_types.HttpMethod';
const SCHEME = 'io.linkerd.proxy.http_types.Scheme';
const HEADERS = 'io.linkerd.proxy.http_types.Headers';
const FIELD = 'io.linkerd.proxy.http_types.Headers.Header';

const METHOD_NAMES: readonly string[] = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'HEAD',
  'TRACE',
] satisfies (keyof typeof HttpMethod_Registered)[];

/** The message of a method's name; names are case-sensitive (RFC 9110 9.1). */
export function toHttpMethod(name: string): HttpMethod {
  const index = METHOD_NAMES.indexOf(name);
  if (index < 0) return { $typeName: METHOD, type: { case: 'unregistered', value: name } };
  const value = index as HttpMethod_Registered;
  return { $typeName: METHOD, type: { case: 'registered', value } };
}

/** The method's name. Null when the message holds none or a number we do not know. */
export function fromHttpMethod(method: HttpMethod | undefined): string | null {
  switch (method?.type.case) {
    case 'registered':
      return METHOD_NAMES[method.type.value] ?? null;
    case 'unregistered':
      return method.type.value;
    default:
      return null;
  }
}

/** The message of a URI scheme in lower case. */
export function toScheme(name: string): Scheme {
  if (name !== 'http' && name !== 'https') {
    return { $typeName: SCHEME, type: { case: 'unregistered', value: name } };
  }
  const value = name === 'http' ? Scheme_Registered.HTTP : Scheme_Registered.HTTPS;
  return { $typeName: SCHEME, type: { case: 'registered', value } };
}

/** The scheme in lower case. Null when the message holds none. */
export function fromScheme(scheme: Scheme | undefined): string | null {
  switch (scheme?.type.case) {
    case 'registered':
      return scheme.type.value === Scheme_Registered.HTTP ? 'http' : 'https';
    case 'unregistered':
      return scheme.type.value.toLowerCase();
    default:
      return null;
  }
}

/** Fields as a message; values are taken as Latin-1, as they stood on the wire. */
export function toHeaders(fields: readonly (readonly [string, string])[]): Headers {
  return {
    $typeName: HEADERS,
    headers: fields.map(([name, value]) => ({
      $typeName: FIELD,
      name,
      value: Buffer.from(value, 'latin1'),
    })),
  };
}

/** Fields of a message; values become Latin-1 text. */
export function fromHeaders(headers: Headers | undefined): [string, string][] {
  if (headers === undefined) return [];
  return headers.headers.map(({ name, value }) => [
    name,
    Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'),
  ]);
}
