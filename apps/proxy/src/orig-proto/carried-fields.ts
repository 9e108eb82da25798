/** HTTP/1 heads as the fields of HTTP/2 (RFC 9113 8.2.2, 8.3): what belongs to the connection stays behind. */
import { ANSWER_FIELDS_OF_PROXIES } from '../stack/http-service.ts';
import type { Http1RequestHead } from '../http1/request-head.ts';
import type { Http1ResponseHead } from '../http1/response-head.ts';
import { HeaderField, ownField } from '../http2/hpack/header-field.ts';
import { headerName } from '../http2/hpack/header-name.ts';
import { NameKind } from '../http2/hpack/header-name.ts';
import { fieldAt, fieldOf } from './field-cache.ts';
import { origProtoOf } from './orig-proto.ts';

const AUTHORITY = headerName(':authority');
const PATH = headerName(':path');
const SCHEME_HTTP = ownField(':scheme', 'http');
const METHODS = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => [
    method,
    ownField(':method', method),
  ]),
);
const STATUSES = Array.from({ length: 1000 }, (_, status) => ownField(':status', String(status)));
/** What proxies say of answers: no application can say it. */
const MESH_FIELDS = new Set([...ANSWER_FIELDS_OF_PROXIES, 'l5d-orig-proto']);
/** HTTP/2 counts more for each field, and some are added on the way. */
const SPARE_FIELDS = 8;
const FIELD_OVERHEAD = 32;

/** False for what HTTP/2 cannot say or a peer with our limits would refuse: it goes beside, over HTTP/1. */
export function isCarriable(request: Http1RequestHead, limits: CarryLimits): boolean {
  if (request.isUpgrade || request.method === 'CONNECT') return false;
  const { count } = request.table;
  if (count + SPARE_FIELDS > limits.maxHeaderFields) return false;
  const bytes = request.end - request.start + (count + SPARE_FIELDS) * FIELD_OVERHEAD;
  return bytes <= limits.maxHeadBytes && !request.path.includes('#');
}

export interface CarryLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
}

/** A request's fields, pseudo-headers first. */
export function carriedRequest(request: Http1RequestHead): HeaderField[] {
  const { table, method, scheme } = request;
  const fields: HeaderField[] = [
    METHODS.get(method) ?? ownField(':method', method),
    scheme === 'http' ? SCHEME_HTTP : ownField(':scheme', scheme),
  ];
  if (request.isAbsoluteForm) fields.push(ownField(AUTHORITY.text, request.authority));
  else if (table.host !== -1) {
    const { buffer } = table;
    const start = table.valueStart(table.host);
    fields.push(fieldOf(AUTHORITY, buffer, start, table.valueEnd(table.host)));
  }
  fields.push(new HeaderField(PATH, request.path, true, false));
  const named = request.connection.named;
  for (let i = 0; i < table.count; i += 1) {
    if (i === table.host || i === table.transferEncoding || table.cut[i] === 1) continue;
    const field = fieldAt(table, i);
    if (isForwarded(field, named)) fields.push(field);
  }
  return fields;
}

/** An answer's fields, with what it was. */
export function carriedResponse(head: Http1ResponseHead): HeaderField[] {
  const { table } = head;
  const fields: HeaderField[] = [STATUSES[head.status] ?? ownField(':status', `${head.status}`)];
  const named = head.connection.named;
  for (let i = 0; i < table.count; i += 1) {
    if (i === table.transferEncoding || table.cut[i] === 1) continue;
    const field = fieldAt(table, i);
    if (isForwarded(field, named) && !MESH_FIELDS.has(field.name.text)) fields.push(field);
  }
  fields.push(origProtoOf(head.isHttp10, false).field);
  return fields;
}

export function carriedTrailers(trailers: readonly (readonly [string, string])[]): HeaderField[] {
  return trailers
    .map(([name, value]) => ownField(name, value))
    .filter((field) => isForwarded(field, []));
}

function isForwarded(field: HeaderField, named: readonly string[]): boolean {
  const { kind, text } = field.name;
  if (kind === NameKind.connectionSpecific) return false;
  if (kind === NameKind.te && field.value !== 'trailers') return false;
  return named.length === 0 || !named.includes(text);
}
