import { formatResource, keyOf } from '@tulle/model';
import type { OverviewView } from '@tulle/model';
import {
  namespaceAddress,
  routesAddress,
  tapAddress,
  workloadAddress,
} from '@/lib/navigation/addresses.ts';
import { meshTree } from './mesh-tree.ts';
import { PLACES } from './places.ts';

/** One thing the palette can jump to. */
export interface Jump {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly href: string;
}
export interface JumpGroup {
  readonly group: string;
  readonly jumps: readonly Jump[];
}

/** Everything that has an address: pages, workloads, their taps, the routes of services, namespaces. */
export function jumpsOf(overview: OverviewView | undefined): readonly JumpGroup[] {
  const tree = meshTree(overview?.workloads ?? {});
  const refs = tree.flatMap(({ rows }) => rows.map((row) => row.ref));
  return [
    {
      group: 'Workloads',
      jumps: refs.map((ref) => ({
        id: keyOf(ref),
        label: ref.name,
        description: `${ref.kind} in ${ref.namespace}`,
        href: workloadAddress(ref),
      })),
    },
    {
      group: 'Pages',
      jumps: PLACES.map(({ words, href, key }) => ({
        id: href,
        label: words,
        description: `g ${key}`,
        href,
      })),
    },
    {
      group: 'Tap',
      jumps: refs.map((ref) => ({
        id: `tap ${keyOf(ref)}`,
        label: `Tap ${formatResource(ref)}`,
        description: `live requests of ${ref.name} in ${ref.namespace}`,
        href: tapAddress(ref),
      })),
    },
    {
      group: 'Routes',
      jumps: (overview?.services ?? []).map((service) => ({
        id: keyOf(service),
        label: `Routes of ${service.name}`,
        description: `service in ${service.namespace}`,
        href: routesAddress(service),
      })),
    },
    {
      group: 'Namespaces',
      jumps: tree.map(({ namespace }) => ({
        id: `ns ${namespace}`,
        label: namespace,
        description: 'namespace',
        href: namespaceAddress(namespace),
      })),
    },
  ].filter(({ jumps }) => jumps.length > 0);
}
