/** Which field sections are malformed, RFC 9113 sections 8.1.1, 8.2 and 8.3. A malformed one is never forwarded. */
import type { HeaderField } from './hpack/header-field.ts';
import { NameKind } from './hpack/header-name.ts';

/** What a request's head must have, found in one pass. */
export interface RequestParts {
  readonly method: string;
  readonly scheme: string;
  /** `:authority`, or Host where there is none, or ''. */
  readonly authority: string;
  readonly path: string;
  /** -1 when not said. */
  readonly contentLength: number;
  readonly contentType: string;
}

/** No mistake of the client's, but Linkerd takes CONNECT from HTTP/1.1 clients only, and so do we. */
export const CONNECT_FAULT = 'CONNECT is not served over HTTP/2';

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
/** No user information, no white space, nothing a URL would end an authority with. */
const AUTHORITY = /^[^\s@/?#\\]*$/;
const DIGITS = /^\d{1,15}$/;

/** @returns the parts, or why the request is malformed. */
export function checkRequest(fields: readonly HeaderField[]): RequestParts | string {
  let method = '';
  let scheme = '';
  let authority: string | null = null;
  let path = '';
  let host: string | null = null;
  let contentLength = -1;
  let contentType = '';
  let pseudoAllowed = true;
  for (const field of fields) {
    const { name, value } = field;
    if (!name.isValid) return 'a field name is not a lower-case token';
    if (!field.isValueValid) return 'a field value has characters it must not have';
    const { kind } = name;
    if (kind >= NameKind.method && kind <= NameKind.unknownPseudo) {
      if (!pseudoAllowed) return 'a pseudo-header stands behind other fields';
    } else pseudoAllowed = false;
    switch (kind) {
      case NameKind.method:
        if (method !== '') return ':method stands twice';
        method = value;
        break;
      case NameKind.scheme:
        if (scheme !== '') return ':scheme stands twice';
        scheme = value;
        break;
      case NameKind.path:
        if (path !== '') return ':path stands twice';
        path = value;
        break;
      case NameKind.authority:
        if (authority !== null) return ':authority stands twice';
        authority = value;
        break;
      case NameKind.status:
      case NameKind.unknownPseudo:
        return 'a pseudo-header is not one of a request';
      case NameKind.connectionSpecific:
        return 'a field is specific to HTTP/1 connections';
      case NameKind.te:
        if (value !== 'trailers') return 'te may only be trailers';
        break;
      case NameKind.host:
        if (host !== null && host !== value) return 'host stands twice';
        host = value;
        break;
      case NameKind.contentLength: {
        const length = parseContentLength(value, contentLength);
        if (length === -1) return 'content-length is not one number';
        contentLength = length;
        break;
      }
      case NameKind.contentType:
        contentType = value;
        break;
      case NameKind.regular:
        break;
    }
  }
  const fault = checkTarget(method, scheme, authority, path, host);
  if (fault !== null) return fault;
  return { method, scheme, authority: authority ?? host ?? '', path, contentLength, contentType };
}

function checkTarget(
  method: string,
  scheme: string,
  authority: string | null,
  path: string,
  host: string | null,
): string | null {
  if (!METHOD.test(method)) return ':method is missing or not a token';
  if (authority !== null && host !== null && !sameAuthority(authority, host)) {
    return ':authority and host differ';
  }
  if (!AUTHORITY.test(authority ?? host ?? '')) return 'the authority is not a host with a port';
  if (method === 'CONNECT') {
    return CONNECT_FAULT;
  }
  if (!SCHEME.test(scheme)) return ':scheme is missing or malformed';
  if (path === '') return ':path is missing';
  const isAsterisk = path === '*' && method === 'OPTIONS';
  if (!path.startsWith('/') && !isAsterisk) return ':path is not absolute';
  return hasWhiteSpace(path) ? ':path has white space' : null;
}

function sameAuthority(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function hasWhiteSpace(path: string): boolean {
  return path.includes(' ') || path.includes('\t') || path.includes('#');
}

function parseContentLength(value: string, before: number): number {
  if (!DIGITS.test(value)) return -1;
  const length = Number(value);
  return before === -1 || before === length ? length : -1;
}

export interface ResponseParts {
  readonly status: number;
  readonly contentLength: number;
}

const STATUS = /^[1-9]\d\d$/;

/** @returns the parts, or why the answer is malformed. */
export function checkResponse(fields: readonly HeaderField[]): ResponseParts | string {
  let status = 0;
  let contentLength = -1;
  for (let i = 0; i < fields.length; i += 1) {
    const { name, value, isValueValid } = fields[i] as HeaderField;
    if (!name.isValid) return 'a field name is not a lower-case token';
    if (!isValueValid) return 'a field value has characters it must not have';
    if (name.kind === NameKind.status) {
      if (i !== 0 || !STATUS.test(value)) return ':status is not one number in front';
      status = Number(value);
    } else if (name.kind >= NameKind.method && name.kind <= NameKind.unknownPseudo) {
      return 'a pseudo-header is not one of an answer';
    } else if (name.kind === NameKind.connectionSpecific) {
      return 'a field is specific to HTTP/1 connections';
    } else if (name.kind === NameKind.contentLength) {
      contentLength = parseContentLength(value, contentLength);
      if (contentLength === -1) return 'content-length is not one number';
    }
  }
  if (status === 0) return ':status is missing';
  if (status === 101) return '101 does not exist in HTTP/2';
  return { status, contentLength };
}

/** Trailers have no pseudo-headers and nothing about the connection. */
export function checkTrailers(fields: readonly HeaderField[]): boolean {
  for (const { name, isValueValid } of fields) {
    if (!name.isValid || !isValueValid) return false;
    if (name.kind >= NameKind.method && name.kind <= NameKind.connectionSpecific) return false;
  }
  return true;
}
