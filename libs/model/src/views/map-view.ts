import type { GoldenMetrics, Health, TcpMetrics } from '../metrics/golden-metrics.ts';
import { keyOf, type WorkloadRef } from '../resource/resource-ref.ts';
import type { EdgeSecurity, Provenance } from './views.ts';

/** A workload as the map draws it. */
export interface MapNode {
  readonly ref: WorkloadRef;
  readonly health: Health;
  /** Answers it gave; null when no proxy of it reports any. */
  readonly golden: GoldenMetrics | null;
  /** Connections into it; null when no proxy of it reports any. */
  readonly tcp: TcpMetrics | null;
}

/** Traffic from one workload to another, both directions' bytes included. */
export interface MapEdge {
  /** Null for callers outside the mesh that nobody could name. */
  readonly from: WorkloadRef | null;
  /** Null for destinations outside the mesh's services. */
  readonly to: WorkloadRef | null;
  readonly golden: GoldenMetrics | null;
  readonly tcp: TcpMetrics | null;
  readonly security: EdgeSecurity;
  readonly clientIdentity: string | null;
  readonly serverIdentity: string | null;
  /** Why it is not mutual TLS, in words; null when it is. */
  readonly plainReason: string | null;
}

/** Topic `map`: who speaks to whom, over all namespaces. */
export interface MapView {
  readonly provenance: Provenance;
  /** By {@link keyOf}, so that a merge patch touches one node. */
  readonly nodes: Readonly<Record<string, MapNode>>;
  /** By {@link mapEdgeKey}. */
  readonly edges: Readonly<Record<string, MapEdge>>;
}

/** One string per pair of ends; an end outside the mesh is empty. */
export function mapEdgeKey({ from, to }: Pick<MapEdge, 'from' | 'to'>): string {
  return `${from === null ? '' : keyOf(from)}>${to === null ? '' : keyOf(to)}`;
}
