import { keyOf } from '@tulle/model';
import type { InstanceState, PlatformState, ResourceRef, TapExchange } from '@tulle/model';
import { TulleError } from '@tulle/model';

/** Which proxies a tap concerns, and which of their exchanges. */
export interface TapScope {
  readonly instances: readonly InstanceState[];
  readonly keep: (exchange: TapExchange) => boolean;
  /** Something to tell the viewer whatever the proxies answer; null for nothing. */
  readonly remark: string | null;
}

const EVERYTHING = (): boolean => true;

/**
 * The meshed instances of a workload, pod, namespace or service. A workload without any proxy is seen through those of
 * the others of its namespace, as far as they talk with it.
 * @throws TulleError `not_found` for a resource the platform does not know.
 */
export function scopeOf(state: PlatformState, resource: ResourceRef): TapScope {
  const own = instancesOf(state, resource);
  const meshed = own.filter(({ proxy }) => proxy !== null);
  if (meshed.length > 0 || own.length === 0) {
    const remark = own.length === 0 ? `${resource.name} has no instance running.` : null;
    return { instances: meshed, keep: EVERYTHING, remark };
  }
  const keys = new Set(own.map(({ workload }) => keyOf(workload)));
  const talksWithIt = ({ source, destination }: TapExchange): boolean =>
    [source.workload, destination.workload].some((peer) => peer !== null && keys.has(keyOf(peer)));
  return {
    instances: state.instances.filter(
      ({ ref, proxy }) => proxy !== null && ref.namespace === resource.namespace,
    ),
    keep: talksWithIt,
    remark: `${resource.name} has no proxy; these are its calls as the proxies of the others see them.`,
  };
}

function instancesOf(state: PlatformState, resource: ResourceRef): readonly InstanceState[] {
  const key = keyOf(resource);
  switch (resource.kind) {
    case 'namespace':
      return state.instances.filter(({ ref }) => ref.namespace === resource.name);
    case 'pod':
      return known(
        state.instances.filter(({ ref }) => keyOf(ref) === key),
        resource,
      );
    case 'service': {
      const service = state.services.find(({ ref }) => keyOf(ref) === key);
      const workloads = known(service === undefined ? [] : [service], resource)[0].workloads;
      return workloads.flatMap((workload) => instancesOf(state, workload));
    }
    default:
      known(
        state.workloads.filter(({ ref }) => keyOf(ref) === key),
        resource,
      );
      return state.instances.filter(({ workload }) => keyOf(workload) === key);
  }
}

function known<T>(found: readonly T[], { kind, namespace, name }: ResourceRef): [T, ...T[]] {
  const [first, ...rest] = found;
  if (first === undefined) {
    throw new TulleError('not_found', `There is no ${kind} ${name} in ${namespace}.`);
  }
  return [first, ...rest];
}
