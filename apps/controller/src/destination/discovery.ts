import { equals } from '@bufbuild/protobuf';
import type { ServiceRef, ServiceState } from '@tulle/model';
import { TulleError } from '@tulle/model';
import {
  DestinationProfileSchema,
  formatHostPort,
  type DestinationProfile,
  type Update,
} from '@tulle/proxy-api';
import type { Platform } from '../platform/platform.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import { createChangeWaiter, type Subscribe } from './change-signal.ts';
import { createDiscoveryIndexes, type DiscoveryIndex } from './discovery-index.ts';
import { endpointsOf, toServiceEndpoint, toWeightedAddr } from './endpoint-set.ts';
import { updatesBetween, type Told } from './endpoint-updates.ts';
import { toDestinationProfile } from './profile-message.ts';
import { formatServiceName, parseDestinationPath, type DestinationPath } from './service-name.ts';

export interface DiscoveryDeps {
  readonly platform: Pick<Platform, 'state' | 'onChange'>;
  readonly profiles: Pick<ProfileStore, 'get' | 'onChange'>;
  readonly clusterDomain: string;
  readonly controlPlaneNamespace: string;
}

/**
 * Answers proxies' questions, first with what is known now, then with what changes, until the signal is aborted. Until
 * the platform has told its first state there is no answer: "no such service" would take running proxies' endpoints away.
 */
export interface Discovery {
  /** @throws TulleError `invalid_argument` for a path that names no service of this cluster. */
  endpoints(path: string, signal: AbortSignal): AsyncIterable<Update>;
  /** @throws TulleError `invalid_argument` for a path that is neither an address nor a service's name. */
  profiles(path: string, signal: AbortSignal): AsyncIterable<DestinationProfile>;
}

export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const { platform, profiles, clusterDomain, controlPlaneNamespace } = deps;
  const index = createDiscoveryIndexes(() => platform.state());
  const onPlatform: Subscribe = (listener) => platform.onChange(listener);
  const onProfiles: Subscribe = (listener) => profiles.onChange(() => listener());

  async function* whenChanged(
    subscriptions: readonly Subscribe[],
    signal: AbortSignal,
  ): AsyncGenerator<DiscoveryIndex> {
    const waiter = createChangeWaiter(subscriptions, signal);
    try {
      do {
        if (platform.state().revision > 0) yield index();
      } while (await waiter.next());
    } finally {
      waiter.stop();
    }
  }

  function profileOf(now: DiscoveryIndex, path: DestinationPath): DestinationProfile {
    if (path.kind === 'service') {
      const service = now.serviceByName(path.namespace, path.name);
      const ref: ServiceRef = { kind: 'service', namespace: path.namespace, name: path.name };
      return serviceProfile(ref, service, path.port);
    }
    const service = now.serviceByIp(path.ip);
    if (service !== null) return serviceProfile(service.ref, service, path.port);
    const found = now.instanceAt(formatHostPort(path.ip, path.port));
    const endpoint =
      found === null
        ? null
        : toServiceEndpoint(found.instance, found.endpoint, found.opaque, controlPlaneNamespace);
    return toDestinationProfile({
      fullyQualifiedName: '',
      opaque: found?.opaque ?? false,
      spec: null,
      endpoint: endpoint === null ? null : toWeightedAddr(endpoint),
    });
  }

  function serviceProfile(
    ref: ServiceRef,
    service: ServiceState | null,
    port: number,
  ): DestinationProfile {
    return toDestinationProfile({
      fullyQualifiedName: formatServiceName(ref, clusterDomain),
      opaque: service?.ports.find((each) => each.port === port)?.opaque ?? false,
      spec: profiles.get(ref)?.spec ?? null,
      endpoint: null,
    });
  }

  return {
    async *endpoints(path, signal) {
      const asked = parseDestinationPath(path, clusterDomain);
      if (asked.kind === 'address') {
        throw new TulleError('invalid_argument', `endpoints are asked by name, not by "${path}"`);
      }
      const { namespace, name, port } = asked;
      let told: Told = { kind: 'nothing' };
      for await (const now of whenChanged([onPlatform], signal)) {
        const service = now.serviceByName(namespace, name);
        const next: Exclude<Told, { kind: 'nothing' }> =
          service === null
            ? { kind: 'missing' }
            : { kind: 'set', set: endpointsOf(now, service, port, controlPlaneNamespace) };
        yield* updatesBetween(told, next, { namespace, service: name });
        told = next;
      }
    },
    async *profiles(path, signal) {
      const asked = parseDestinationPath(path, clusterDomain);
      let told: DestinationProfile | null = null;
      for await (const now of whenChanged([onPlatform, onProfiles], signal)) {
        const next = profileOf(now, asked);
        if (told !== null && equals(DestinationProfileSchema, told, next)) continue;
        yield next;
        told = next;
      }
    },
  };
}
