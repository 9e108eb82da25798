import {
  GRPC_STATUS_NAMES,
  keyOf,
  quoteFilterValue,
  type WhyCallee,
  type WhyFacet,
  type WhyProperty,
  type WhyValue,
  type WhyView,
  type WorkloadRef,
} from '@tulle/model';
import type { SeenRequest } from '../tap/index.ts';
import { failingSince } from './attention.ts';
import { nameOfTraffic, statusOfTraffic } from './describe-traffic.ts';
import { failureBreakdown } from './failure-breakdown.ts';
import { failureEvidence } from './failure-evidence.ts';
import { edgesFrom, workloadOf } from './mesh-index.ts';
import type { ViewDeps } from './view-deps.ts';
import { instancesOf, provenanceOf, workloadRow } from './workload-row.ts';

const VALUES_SHOWN = 8;
/** Share of the failures above the share of the requests from which a value stands out. */
const CLEARLY_MORE = 0.25;
/** Of fewer failures nothing is said to stand out: it would be chance. */
const ENOUGH = 5;

/** How a property reads a request, and which tap filter finds it again. */
interface Property {
  readonly property: WhyProperty;
  readonly words: (request: SeenRequest) => string;
  readonly filter: (request: SeenRequest) => string;
}

const PROPERTIES: readonly Property[] = [
  {
    property: 'route',
    words: nameOfTraffic,
    filter: ({ route, path }) =>
      route === null ? `path:${quoteFilterValue(path)}` : `route:${quoteFilterValue(route)}`,
  },
  { property: 'status', words: statusOfTraffic, filter: statusFilter },
  {
    property: 'instance',
    words: ({ pod }) => pod,
    filter: ({ pod }) => `dst:${quoteFilterValue(pod)}`,
  },
  {
    property: 'caller',
    words: ({ source }) => source?.name ?? 'a caller nobody can name',
    filter: ({ source }) => (source === null ? 'tls:no' : `src:${quoteFilterValue(source.name)}`),
  },
];

/** What a workload's failures have in common; null when the platform does not know it. */
export function whyView(deps: ViewDeps, ref: WorkloadRef): WhyView | null {
  const workload = workloadOf(deps.platform.state(), keyOf(ref));
  if (workload === undefined) return null;
  const instances = instancesOf(deps, ref).length;
  const seen = deps.traffic.seen(ref);
  const row = workloadRow(deps, workload);
  const failures = failureBreakdown(deps, ref, instances);
  const evidence = failureEvidence(seen, instances);
  return {
    provenance: provenanceOf(deps),
    row,
    failures,
    sampledRequests: sum(seen),
    sampledFailures: sum(seen.filter(({ failed }) => failed)),
    sentence: evidence === null ? null : `${evidence} ${failingSince(row, deps.now())}`,
    facets: PROPERTIES.map((property) => facetOf(property, seen)),
    callees: failingCallees(deps, ref),
  };
}

function facetOf({ property, words, filter }: Property, seen: readonly SeenRequest[]): WhyFacet {
  const requests = sum(seen);
  const failures = sum(seen.filter(({ failed }) => failed));
  const groups = new Map<string, SeenRequest[]>();
  for (const request of seen) {
    const group = groups.get(words(request)) ?? [];
    group.push(request);
    groups.set(words(request), group);
  }
  const values = [...groups]
    .flatMap(([name, group]) => {
      const failed = group.filter((request) => request.failed);
      const [sample] = failed;
      return sample === undefined
        ? []
        : [valueOf(name, filter(sample), { group: sum(group), failed: sum(failed) })];
    })
    .sort((a, b) => b.failures - a.failures);
  return {
    property,
    values: values.slice(0, VALUES_SHOWN),
    more: Math.max(0, values.length - VALUES_SHOWN),
  };

  function valueOf(
    name: string,
    found: string,
    counts: { readonly group: number; readonly failed: number },
  ): WhyValue {
    const failureShare = counts.failed / failures;
    const requestShare = counts.group / requests;
    return {
      words: name,
      failures: counts.failed,
      requests: counts.group,
      failureShare,
      requestShare,
      // A failing status is always more frequent among failures: that it is would tell nothing.
      overRepresented:
        property !== 'status' && failures >= ENOUGH && failureShare - requestShare >= CLEARLY_MORE,
      filter: `${found} failed:yes`,
    };
  }
}

function failingCallees(deps: ViewDeps, ref: WorkloadRef): readonly WhyCallee[] {
  const failures = new Map<string, WhyCallee>();
  for (const { to, golden } of edgesFrom(deps.metrics.edges(), keyOf(ref))) {
    if (to === null || golden === null || golden.failureCount === 0) continue;
    const known = failures.get(keyOf(to))?.failures ?? 0;
    failures.set(keyOf(to), { workload: to, failures: known + golden.failureCount });
  }
  return [...failures.values()].sort((a, b) => b.failures - a.failures);
}

function statusFilter({ grpcStatus, httpStatus }: SeenRequest): string {
  if (grpcStatus !== null) return `grpc:${GRPC_STATUS_NAMES[grpcStatus] ?? String(grpcStatus)}`;
  return httpStatus === null ? 'reset:yes' : `status:${httpStatus}`;
}

function sum(requests: readonly SeenRequest[]): number {
  return requests.reduce((total, { count }) => total + count, 0);
}
