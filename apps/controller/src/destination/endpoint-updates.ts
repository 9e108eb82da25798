import { create } from '@bufbuild/protobuf';
import {
  parseHostPort,
  toTcpAddress,
  UpdateSchema,
  type TcpAddress,
  type Update,
  type WeightedAddr,
} from '@tulle/proxy-api';
import { sameEndpoint, toWeightedAddr, type EndpointSet } from './endpoint-set.ts';

/** What a proxy has been told of one service's port. */
export type Told =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'set'; readonly set: EndpointSet };

/**
 * The messages that bring a proxy from `before` to `after`; none when it already knows. An endpoint whose identity or
 * labels changed is added again, which replaces it.
 * @param setLabels labels of the whole set, such as the service's name
 */
export function updatesBetween(
  before: Told,
  after: Exclude<Told, { kind: 'nothing' }>,
  setLabels: Readonly<Record<string, string>>,
): Update[] {
  if (after.kind === 'missing') return before.kind === 'missing' ? [] : [noEndpoints(false)];
  if (before.kind === 'set' && before.set === after.set) return [];
  const known = before.kind === 'set' ? before.set : new Map<string, never>();
  if (after.set.size === 0) {
    return before.kind === 'set' && known.size === 0 ? [] : [noEndpoints(true)];
  }
  const gone = [...known.keys()].filter((address) => !after.set.has(address));
  const changed = [...after.set.values()].filter((endpoint) => {
    const old = known.get(endpoint.address);
    return old === undefined || !sameEndpoint(old, endpoint);
  });
  const updates: Update[] = [];
  // First what is new: a proxy is never left without an endpoint in between.
  if (changed.length > 0) updates.push(add(changed.map(toWeightedAddr), setLabels));
  if (gone.length > 0) updates.push(remove(gone));
  return updates;
}

function add(
  addrs: readonly (WeightedAddr | null)[],
  metricLabels: Readonly<Record<string, string>>,
): Update {
  return create(UpdateSchema, {
    update: {
      case: 'add',
      value: { addrs: addrs.filter((addr) => addr !== null), metricLabels: { ...metricLabels } },
    },
  });
}

function remove(addresses: readonly string[]): Update {
  const addrs = addresses.map(tcpAddress).filter((addr) => addr !== null);
  return create(UpdateSchema, { update: { case: 'remove', value: { addrs } } });
}

function noEndpoints(exists: boolean): Update {
  return create(UpdateSchema, { update: { case: 'noEndpoints', value: { exists } } });
}

function tcpAddress(address: string): TcpAddress | null {
  const parsed = parseHostPort(address);
  return parsed === null ? null : toTcpAddress(parsed.host, parsed.port);
}
