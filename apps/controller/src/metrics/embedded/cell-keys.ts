import { keyOf } from '@tulle/model';
import type { ResourceRef, ServiceRef, WorkloadRef } from '@tulle/model';
import type { Channel } from '../metrics-source.ts';
import type { CellKey } from './cell-store.ts';

/** Seen by whom: the called side; callers with retries counted once; callers with each try counted. */
export type RouteSide = 'in' | 'eff' | 'act';

/** Numbers of one resource over time. */
export function chartKey(ref: ResourceRef): CellKey {
  return `chart|${keyOf(ref)}`;
}

/** Connections into a workload. */
export function tcpKey(workload: WorkloadRef): CellKey {
  return `tcp|in|${keyOf(workload)}`;
}

/** Calls of a workload to another (empty for a nameless destination) over a channel. */
export function edgeKey(kind: 'http' | 'tcp', from: string, to: string, channel: string): CellKey {
  return `${kind}|edge|${from}|${to}|${channel}`;
}

/** Calls of a workload's callers over a channel. */
export function clientKey(kind: 'http' | 'tcp', workload: string, channel: string): CellKey {
  return `${kind}|client|${workload}|${channel}`;
}

/** @param route empty for what matched none. */
export function routeKey(side: RouteSide, service: ServiceRef, route: string): CellKey {
  return `http|route|${side}|${keyOf(service)}|${route}`;
}

/** Failures of a workload as its own proxies tell them, or of a service as its callers' proxies tell them. */
export function failureKey(ref: ResourceRef): CellKey {
  return `failure|${keyOf(ref)}`;
}

/** The channel of a series' TLS labels as one word of a key. */
export function channelText(
  labels: Readonly<Record<string, string>>,
  identityLabel: 'client_id' | 'server_id',
): string {
  const identity = labels[identityLabel];
  if (labels['tls'] === 'true' && identity !== undefined) return `t:${oneWord(identity)}`;
  return `p:${oneWord(labels['no_tls_reason'] ?? '')}`;
}

/** The reverse of {@link channelText}. */
export function channelOf(text: string): Channel {
  const rest = text.slice(2);
  return text.startsWith('t:')
    ? { kind: 'mutual-tls', identity: rest }
    : { kind: 'plain', reason: rest };
}

/** A label's value may not break a key apart. */
export function oneWord(value: string): string {
  return value.replaceAll('|', '_');
}
