import type { FilterKey } from './tap-filter.ts';

/** How the values of a key are read. */
export type ValueShape = 'text' | 'status' | 'grpc' | 'duration' | 'size' | 'flag' | 'reset';

export interface FilterKeySpec {
  readonly shape: ValueShape;
  /** What it looks at, for completion lists and help. */
  readonly about: string;
  /** A whole term that works. */
  readonly example: string;
  /** Values worth offering whatever the traffic is. */
  readonly offers: readonly string[];
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

function key(
  shape: ValueShape,
  about: string,
  example: string,
  offers: readonly string[] = [],
): FilterKeySpec {
  return { shape, about, example, offers };
}

/** Every key of the language: the parser, the completion list and the CLI's help read this one table. */
export const FILTER_KEY_SPECS: Readonly<Record<FilterKey, FilterKeySpec>> = {
  ns: key('text', 'namespace of either side', 'ns:emojivoto'),
  src: key('text', 'who asked: workload, pod or address', 'src:vote-bot'),
  dst: key('text', 'who was asked: workload, pod or address', 'dst:voting'),
  route: key('text', 'name of the route it matched', 'route:"GET /api/vote"'),
  method: key('text', 'HTTP method', 'method:GET,POST', METHODS),
  path: key('text', 'path; the query only counts when you write a ?', 'path:/api/*'),
  host: key('text', 'authority or Host, with or without its port', 'host:web-svc*'),
  status: key('status', 'HTTP status', 'status:5xx', ['5xx', '4xx', '2xx', '>=500']),
  grpc: key('grpc', 'gRPC status, by name or number', 'grpc:Unknown'),
  failed: key('flag', 'failed: 5xx, a failing gRPC status, or reset', 'failed:yes', ['yes', 'no']),
  latency: key('duration', 'request to the head of the answer', 'latency:>200ms', [
    '>10ms',
    '>100ms',
    '>1s',
  ]),
  ttfb: key('duration', 'request to the first byte of the body', 'ttfb:>200ms', [
    '>10ms',
    '>100ms',
    '>1s',
  ]),
  size: key('size', 'bytes of the answer', 'size:>1kb', ['>1kb', '>1mb']),
  header: key('text', 'a header or trailer, of request or answer', 'header:user-agent:curl*'),
  client: key('text', "the caller's mesh identity", 'client:*.emojivoto.*'),
  id: key('text', 'its x-request-id, or its number in this tap', 'id:7f3a9c02*'),
  tls: key('flag', 'mutual TLS between the two proxies', 'tls:no', ['yes', 'no']),
  direction: key('text', 'as the reporting proxy saw it', 'direction:inbound', [
    'inbound',
    'outbound',
  ]),
  reset: key('reset', 'the stream was reset; or its error code', 'reset:yes', ['yes', 'no']),
  retry: key('flag', 'a further attempt at a request', 'retry:yes', ['yes', 'no']),
  trace: key('text', 'trace id in traceparent or x-b3-traceid', 'trace:4bf92f35*'),
};
