import type {
  FilterKey,
  FilterTerm,
  MapEdge,
  TapExchange,
  TapPeer,
  WorkloadRef,
} from '@tulle/model';

/** Keys of the filter language that numbers of an edge can answer; the others need the requests themselves. */
const KNOWN: ReadonlySet<FilterKey | 'text'> = new Set([
  'text',
  'ns',
  'src',
  'dst',
  'tls',
  'failed',
  'client',
  'latency',
]);

/** The first term that only a tap can decide; null when the map can answer all of them. */
export function unanswerable(terms: readonly FilterTerm[]): FilterTerm | null {
  return terms.find(({ key }) => !KNOWN.has(key)) ?? null;
}

/**
 * An edge in the shape that filters read, so that map and tap share one language: `latency` is its P95, `failed` that any
 * request failed in the window, `client` the caller's identity.
 */
export function edgeAsExchange(key: string, edge: MapEdge): TapExchange {
  const { from, to, golden, security, clientIdentity } = edge;
  const namespace = (to ?? from)?.namespace ?? '';
  return {
    id: key,
    atMs: 0,
    direction: 'inbound',
    reporter: { kind: 'pod', namespace, name: '' },
    source: peerOf(from),
    destination: peerOf(to),
    security:
      security === 'mutual-tls'
        ? { kind: 'mutual-tls', identity: clientIdentity ?? '' }
        : { kind: 'plain', reason: edge.plainReason ?? '' },
    method: '',
    scheme: '',
    authority: '',
    path: '',
    route: null,
    httpStatus: golden === null ? null : golden.failureCount > 0 ? 500 : 200,
    grpcStatus: null,
    latencyMs: golden?.latencyP95Ms ?? null,
    durationMs: null,
    responseBytes: null,
    requestHeaders: [],
    responseHeaders: [],
    trailers: [],
    outcome: { kind: 'ended' },
  };
}

function peerOf(workload: WorkloadRef | null): TapPeer {
  return { address: workload === null ? 'outside' : '', workload, pod: null };
}
