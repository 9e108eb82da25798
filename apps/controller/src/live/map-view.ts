import { keyOf, mapEdgeKey, type MapEdge, type MapNode, type MapView } from '@tulle/model';
import { calledBy, callsOutside } from './edges.ts';
import type { ViewDeps } from './view-deps.ts';
import { provenanceOf, workloadHealth } from './workload-row.ts';

/** Who speaks to whom, over all namespaces: each pair once, as the called side's page tells it. */
export function mapView(deps: ViewDeps): MapView {
  const { workloads } = deps.platform.state();
  const nodes: Record<string, MapNode> = {};
  const edges: Record<string, MapEdge> = {};
  for (const { ref } of workloads) {
    const health = workloadHealth(deps, ref);
    nodes[keyOf(ref)] = {
      ref,
      health,
      golden: health === 'outside' ? null : deps.metrics.golden(ref),
      tcp: health === 'outside' ? null : deps.metrics.tcp(ref),
    };
    for (const { peer, peerHealth: _, ...traffic } of calledBy(deps, ref)) {
      const edge = { from: peer, to: ref, ...traffic };
      edges[mapEdgeKey(edge)] = edge;
    }
    const beyond = callsOutside(deps, ref);
    if (beyond === null) continue;
    const { peer: _, peerHealth: __, ...traffic } = beyond;
    const edge = { from: ref, to: null, ...traffic };
    edges[mapEdgeKey(edge)] = edge;
  }
  return { provenance: provenanceOf(deps), nodes, edges };
}
