import { equals } from '@bufbuild/protobuf';
import { TulleError, type ServiceProfileSpec, type ServiceRef } from '@tulle/model';
import { DestinationProfileSchema, type DestinationProfile, type Update } from '@tulle/proxy-api';
import { createChangeWaiter, type Subscribe } from './change-signal.ts';
import { parseContextToken } from './context-token.ts';
import type { DiscoverySource } from './discovery-source.ts';
import { toWeightedAddr } from './endpoint-set.ts';
import { updatesBetween, type Told } from './endpoint-updates.ts';
import { toDestinationProfile } from './profile-message.ts';
import { formatServiceName, parseDestinationPath } from './service-name.ts';

/** Routes of services, from the profile store. */
export interface ProfileLookup {
  /** In force for clients of a namespace (empty: not known): their own namespace's profile, else the service's. */
  inForce(service: ServiceRef, clientNamespace: string): ServiceProfileSpec | null;
  onChange(listener: (service: ServiceRef) => void): () => void;
}

export interface DiscoveryDeps {
  readonly source: DiscoverySource;
  readonly profiles: ProfileLookup;
  readonly clusterDomain: string;
}

/** A proxy's question: `GetDestination`. */
export interface DiscoveryQuestion {
  readonly path: string;
  readonly contextToken: string;
}

/**
 * Answers proxies' questions, first with what is known now, then with what changes, until the signal is aborted. Until
 * the platform has told its first state there is no answer: "no such service" would take running proxies' endpoints away.
 */
export interface Discovery {
  /** @throws TulleError `invalid_argument` for a path that names no service of this cluster. */
  endpoints(question: DiscoveryQuestion, signal: AbortSignal): AsyncIterable<Update>;
  /** @throws TulleError `invalid_argument` for a path that is neither an address nor a service's name. */
  profiles(question: DiscoveryQuestion, signal: AbortSignal): AsyncIterable<DestinationProfile>;
}

export function createDiscovery({ source, profiles, clusterDomain }: DiscoveryDeps): Discovery {
  /** Looks again after each change, however many came meanwhile. */
  async function* whenChanged<T>(
    subscriptions: readonly Subscribe[],
    signal: AbortSignal,
    look: () => T,
  ): AsyncGenerator<T> {
    const waiter = createChangeWaiter(subscriptions, signal);
    try {
      do {
        if (source.isReady()) yield look();
      } while (await waiter.next());
    } finally {
      waiter.stop();
    }
  }

  function profileOfService(
    service: ServiceRef,
    port: number,
    clientNamespace: string,
  ): DestinationProfile {
    return toDestinationProfile({
      fullyQualifiedName: formatServiceName(service, clusterDomain),
      port,
      opaque: source.isOpaque(service, port),
      spec: profiles.inForce(service, clientNamespace),
      endpoint: null,
    });
  }

  /** An address of an instance, or of nobody we know. */
  function profileOfAddress(ip: string, port: number): DestinationProfile {
    const { endpoint, opaque } = source.address(ip, port);
    return toDestinationProfile({
      fullyQualifiedName: '',
      port,
      opaque,
      spec: null,
      endpoint: endpoint === null ? null : toWeightedAddr(endpoint),
    });
  }

  /** An instance that is named in DNS is dialled by itself, not balanced. */
  function profileOfInstance(
    service: ServiceRef,
    instance: string,
    port: number,
  ): DestinationProfile {
    const query = { service, port, instance, clientNode: '' };
    const [endpoint] = source.endpoints(query).values();
    return toDestinationProfile({
      fullyQualifiedName: '',
      port,
      opaque: endpoint?.protocolHint === 'opaque' || source.isOpaque(service, port),
      spec: null,
      endpoint: endpoint === undefined ? null : toWeightedAddr(endpoint),
    });
  }

  function refuseExternal(service: ServiceRef, path: string): void {
    if (source.kindOf(service) !== 'external') return;
    throw new TulleError(
      'invalid_argument',
      `"${path}" is an ExternalName service, which has no endpoints of its own`,
    );
  }

  return {
    async *endpoints({ path, contextToken }, signal) {
      const asked = parseDestinationPath(path, clusterDomain);
      if (asked.kind === 'address') {
        throw new TulleError('invalid_argument', `endpoints are asked by name, not by "${path}"`);
      }
      const { namespace, name, port, instance } = asked;
      const service: ServiceRef = { kind: 'service', namespace, name };
      const query = { service, port, instance, clientNode: parseContextToken(contextToken).node };
      let told: Told = { kind: 'nothing' };
      const look = (): Exclude<Told, { kind: 'nothing' }> => {
        refuseExternal(service, path);
        if (source.kindOf(service) === null) return { kind: 'missing' };
        return { kind: 'set', set: source.endpoints(query) };
      };
      for await (const next of whenChanged([source.onService(service)], signal, look)) {
        yield* updatesBetween(told, next, { namespace, service: name });
        told = next;
      }
    },
    async *profiles({ path, contextToken }, signal) {
      const asked = parseDestinationPath(path, clusterDomain);
      const client = parseContextToken(contextToken).namespace;
      let concerns: ServiceRef | null = null;
      /** Only changes of the routes that are asked for wake this stream. */
      const onProfiles: Subscribe = (listener) =>
        profiles.onChange(({ namespace, name }) => {
          if (concerns?.name === name && concerns.namespace === namespace) listener();
        });
      const look = (): DestinationProfile => {
        if (asked.kind === 'address') {
          concerns = source.serviceByIp(asked.ip);
          return concerns === null
            ? profileOfAddress(asked.ip, asked.port)
            : profileOfService(concerns, asked.port, client);
        }
        const service: ServiceRef = {
          kind: 'service',
          namespace: asked.namespace,
          name: asked.name,
        };
        refuseExternal(service, path);
        if (asked.instance !== null) return profileOfInstance(service, asked.instance, asked.port);
        concerns = service;
        return profileOfService(service, asked.port, client);
      };
      const onTopic =
        asked.kind === 'address'
          ? source.onAddress(asked.ip)
          : source.onService({ kind: 'service', namespace: asked.namespace, name: asked.name });
      let told: DestinationProfile | null = null;
      for await (const next of whenChanged([onTopic, onProfiles], signal, look)) {
        if (told !== null && equals(DestinationProfileSchema, told, next)) continue;
        yield next;
        told = next;
      }
    },
  };
}
