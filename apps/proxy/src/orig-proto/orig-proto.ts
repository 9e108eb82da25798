/**
 * HTTP/1 carried as HTTP/2 between two proxies (linkerd2-proxy `proxy/http/src/orig_proto.rs`): `l5d-orig-proto` says what
 * the message was, so that the other proxy makes it that again.
 */
import type { Endpoint } from '../stack/endpoint.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { ownField } from '../http2/hpack/header-field.ts';
import { headerName } from '../http2/hpack/header-name.ts';

/** What a request was before it was carried, or becomes behind it. */
export interface OrigProto {
  readonly version: 'HTTP/1.0' | 'HTTP/1.1';
  /** The request line names scheme and host. */
  readonly isAbsoluteForm: boolean;
  /** As it is said on the wire. */
  readonly field: HeaderField;
}

const NAME = headerName('l5d-orig-proto');

function origProto(version: OrigProto['version'], isAbsoluteForm: boolean): OrigProto {
  const value = isAbsoluteForm ? `${version}; absolute-form` : version;
  return { version, isAbsoluteForm, field: ownField(NAME.text, value) };
}

const HTTP_11 = origProto('HTTP/1.1', false);
const HTTP_10 = origProto('HTTP/1.0', false);
const HTTP_11_ABSOLUTE = origProto('HTTP/1.1', true);
const HTTP_10_ABSOLUTE = origProto('HTTP/1.0', true);

export function origProtoOf(isHttp10: boolean, isAbsoluteForm: boolean): OrigProto {
  if (isAbsoluteForm) return isHttp10 ? HTTP_10_ABSOLUTE : HTTP_11_ABSOLUTE;
  return isHttp10 ? HTTP_10 : HTTP_11;
}

export function isOrigProto(field: HeaderField): boolean {
  return field.name === NAME;
}

/** What a carried request was; null for one that has always been HTTP/2. Anything unknown is taken for HTTP/1.1. */
export function findOrigProto(fields: readonly HeaderField[]): OrigProto | null {
  for (const field of fields) {
    if (field.name !== NAME) continue;
    return origProtoOf(field.value.startsWith('HTTP/1.0'), field.value.endsWith('absolute-form'));
  }
  return null;
}

/** True when HTTP/1 requests go to it as HTTP/2: its proxy said so, and proves who it is. */
export function takesCarried(endpoint: Endpoint): boolean {
  return endpoint.protocolHint === 'h2' && endpoint.tls.kind === 'mutual';
}
