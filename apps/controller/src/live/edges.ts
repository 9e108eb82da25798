import {
  keyOf,
  type EdgeRow,
  type EdgeSecurity,
  type GoldenMetrics,
  type WorkloadRef,
} from '@tulle/model';
import type { Channel, InboundClients, OutboundEdge } from '../metrics/metrics-source.ts';
import { plainReason } from '../tap/index.ts';
import { mergeGolden, mergeTcp } from './merge-metrics.ts';
import { edgesFrom, edgesTo, workloadOf } from './mesh-index.ts';
import type { ViewDeps } from './view-deps.ts';
import { instancesOf, workloadHealth } from './workload-row.ts';

/** Plain traffic that callers inside the mesh explain; what is left below this share is rounding. */
const UNEXPLAINED_SHARE = 0.1;
/** A caller that was plain and is in the mesh now, and has not sent anything plain for so long, has changed over. */
const CHANGED_OVER_SECONDS = 3;

/** Who calls a workload: callers in the mesh by their own proxies, those outside by what the platform knows. */
export function calledBy(deps: ViewDeps, workload: WorkloadRef): readonly EdgeRow[] {
  const key = keyOf(workload);
  const clients = deps.metrics.clients(workload);
  const inMesh = edgesTo(deps.metrics.edges(), key);
  const rows = group(inMesh, ({ from }) => from).map(([peer, edges]) =>
    edgeRow(deps, peer, { from: peer, to: workload }, edges, clients),
  );
  const plain = plainFromOutside(clients, inMesh);
  if (plain === null || isPast(deps, workload, plain)) return rows;
  const outside = deps.plainCallers.of(workload);
  const [only] = outside;
  if (only !== undefined && outside.length === 1) return [...rows, plainRow(deps, only, plain)];
  return [
    ...rows,
    ...outside.map((peer) => plainRow(deps, peer, { ...plain, golden: null, tcp: null })),
    plainRow(deps, null, plain),
  ];
}

/** What is left in the window of callers that have come into the mesh since. */
function isPast(deps: ViewDeps, workload: WorkloadRef, plain: InboundClients): boolean {
  if (plain.idleSeconds < CHANGED_OVER_SECONDS || (plain.tcp?.openConnections ?? 0) > 0)
    return false;
  const callers = deps.plainCallers.recentlyOf(workload);
  return callers.length > 0 && callers.every((caller) => identityOf(deps, caller) !== null);
}

/** Whom a workload calls: by its own proxies, or, outside the mesh, by what the platform and the called proxies know. */
export function calls(deps: ViewDeps, workload: WorkloadRef): readonly EdgeRow[] {
  const key = keyOf(workload);
  const own = edgesFrom(deps.metrics.edges(), key).filter(({ to }) => to !== null);
  const rows = group(own, ({ to }) => to).map(([peer, edges]) =>
    edgeRow(deps, peer, { from: workload, to: peer }, edges, deps.metrics.clients(peer)),
  );
  const known = new Set(rows.map(({ peer }) => (peer === null ? '' : keyOf(peer))));
  const plain = deps.plainCallers
    .calledBy(workload)
    .filter((peer) => !known.has(keyOf(peer)))
    .map((peer) => {
      const seen = calledBy(deps, peer).find(
        (edge) => edge.peer !== null && keyOf(edge.peer) === key,
      );
      return plainRow(deps, peer, {
        golden: seen?.golden ?? null,
        tcp: seen?.tcp ?? null,
        channel: { kind: 'plain', reason: 'no_tls_from_remote' },
        idleSeconds: 0,
      });
    });
  return [...rows, ...plain];
}

/** What a workload's own proxies send to destinations nobody could name, as one row; null for nothing. */
export function callsOutside(deps: ViewDeps, workload: WorkloadRef): EdgeRow | null {
  const beyond = edgesFrom(deps.metrics.edges(), keyOf(workload)).filter(({ to }) => to === null);
  if (!beyond.some(hasTraffic)) return null;
  const plain = beyond.find(({ channel }) => channel.kind === 'plain')?.channel;
  return {
    peer: null,
    peerHealth: 'outside',
    golden: beyond.reduce<GoldenMetrics | null>((sum, edge) => mergeGolden(sum, edge.golden), null),
    tcp: beyond.reduce<EdgeRow['tcp']>((sum, edge) => mergeTcp(sum, edge.tcp), null),
    security: securityOf(beyond.map(({ channel }) => channel)),
    clientIdentity: null,
    serverIdentity: null,
    plainReason: plain?.kind === 'plain' ? plainReason(plain.reason) : null,
  };
}

function group(
  edges: readonly OutboundEdge[],
  peerOf: (edge: OutboundEdge) => WorkloadRef | null,
): readonly (readonly [WorkloadRef, readonly OutboundEdge[]])[] {
  const groups = new Map<string, [WorkloadRef, OutboundEdge[]]>();
  for (const edge of edges) {
    const peer = peerOf(edge);
    if (peer === null) continue;
    const entry = groups.get(keyOf(peer)) ?? [peer, []];
    entry[1].push(edge);
    groups.set(keyOf(peer), entry);
  }
  return [...groups.values()];
}

function edgeRow(
  deps: ViewDeps,
  peer: WorkloadRef,
  ends: { readonly from: WorkloadRef; readonly to: WorkloadRef },
  edges: readonly OutboundEdge[],
  clientsOfTo: readonly InboundClients[],
): EdgeRow {
  const live = edges.filter(hasTraffic);
  const counted = live.length > 0 ? live : edges;
  const clientIdentity = identityOf(deps, ends.from);
  const channels = counted.map(({ channel }) => confirmed(channel, clientIdentity, clientsOfTo));
  const security = securityOf(channels);
  const mutual = channels.find((channel) => channel.kind === 'mutual-tls');
  const plain = channels.find((channel) => channel.kind === 'plain');
  return {
    peer,
    peerHealth: healthOfPeer(deps, peer),
    golden: counted.reduce<GoldenMetrics | null>(
      (sum, edge) => mergeGolden(sum, edge.golden),
      null,
    ),
    tcp: counted.reduce<EdgeRow['tcp']>((sum, edge) => mergeTcp(sum, edge.tcp), null),
    security,
    clientIdentity: mutual === undefined ? null : clientIdentity,
    serverIdentity: mutual?.kind === 'mutual-tls' ? mutual.identity : null,
    plainReason: plain?.kind === 'plain' ? plainReason(plain.reason) : null,
  };
}

/** Mutual only when both sides say so: the called proxy must have seen the caller's certificate. */
function confirmed(
  channel: Channel,
  clientIdentity: string | null,
  clients: readonly InboundClients[],
): Channel {
  if (channel.kind === 'plain' || clients.length === 0) return channel;
  const seen = clients.some(
    (client) => client.channel.kind === 'mutual-tls' && client.channel.identity === clientIdentity,
  );
  return seen ? channel : { kind: 'plain', reason: 'no_tls_from_remote' };
}

function securityOf(channels: readonly Channel[]): EdgeSecurity {
  const mutual = channels.filter(({ kind }) => kind === 'mutual-tls').length;
  if (mutual === channels.length && mutual > 0) return 'mutual-tls';
  return mutual === 0 ? 'plain' : 'mixed';
}

/** Plain inbound traffic that no caller inside the mesh accounts for; null for none. */
function plainFromOutside(
  clients: readonly InboundClients[],
  inMesh: readonly OutboundEdge[],
): InboundClients | null {
  const plain = clients.filter((client) => client.channel.kind === 'plain' && hasTraffic(client));
  const first = plain[0];
  if (first === undefined) return null;
  const merged = plain.reduce<InboundClients>(
    (sum, client) =>
      client === first
        ? sum
        : {
            ...sum,
            idleSeconds: Math.min(sum.idleSeconds, client.idleSeconds),
            golden: mergeGolden(sum.golden, client.golden),
            tcp: mergeTcp(sum.tcp, client.tcp),
          },
    first,
  );
  const total = merged.golden?.requestsPerSecond ?? 0;
  const explained = inMesh
    .filter(({ channel }) => channel.kind === 'plain')
    .reduce((sum, { golden }) => sum + (golden?.requestsPerSecond ?? 0), 0);
  if (explained > 0 && total - explained <= total * UNEXPLAINED_SHARE) return null;
  return merged;
}

function hasTraffic(edge: Pick<InboundClients, 'golden' | 'tcp'>): boolean {
  return (edge.golden?.requestsPerSecond ?? 0) > 0 || (edge.tcp?.openConnections ?? 0) > 0;
}

function plainRow(deps: ViewDeps, peer: WorkloadRef | null, plain: InboundClients): EdgeRow {
  const reason = plain.channel.kind === 'plain' ? plain.channel.reason : '';
  return {
    peer,
    peerHealth: peer === null ? 'outside' : healthOfPeer(deps, peer),
    golden: plain.golden,
    tcp: plain.tcp,
    security: 'plain',
    clientIdentity: null,
    serverIdentity: null,
    plainReason: plainReason(reason),
  };
}

function healthOfPeer(deps: ViewDeps, peer: WorkloadRef): EdgeRow['peerHealth'] {
  return workloadOf(deps.platform.state(), keyOf(peer)) === undefined
    ? 'idle'
    : workloadHealth(deps, peer);
}

/** All instances of a workload share a service account, and so an identity. */
function identityOf(deps: ViewDeps, workload: WorkloadRef): string | null {
  return instancesOf(deps, workload).find(({ proxy }) => proxy !== null)?.proxy?.identity ?? null;
}
