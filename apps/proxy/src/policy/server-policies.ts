import type { Logger } from '@tulle/telemetry';
import type { DefaultPolicy, InboundConfig } from '../config/proxy-config.ts';
import { compileDefaultPolicy } from '../discover/default-policy.ts';
import type { PolicyClient } from '../discover/policy-client.ts';
import { defaultName, shortLabels } from './meta-labels.ts';
import { probeRoutes } from './probe-routes.ts';
import { compileServerPolicy, plainPolicy, type ServerPolicy } from './server-policy.ts';

/**
 * Ports watched at once. A client may dial any port of a workload; past this many every further one is shut, so that
 * nobody gets a policy out of the way by dialling others.
 */
export const MAX_WATCHED_PORTS = 1_000;

interface Entry {
  policy: ServerPolicy;
  readonly users: Set<() => void>;
  readonly isKept: boolean;
  stop: () => void;
}

/** A port's policy while it is used. */
export interface UsedPolicy {
  readonly current: ServerPolicy;
  /** Exactly once. */
  release(): void;
}

/** The policies of this workload's ports: the default until the controller knows better, the last known while it is away. */
export class ServerPolicies {
  readonly #entries = new Map<number, Entry>();
  readonly #config: InboundConfig;
  readonly #client: PolicyClient;
  readonly #log: Logger;
  readonly #trustsLoopback: boolean;

  readonly #onChange: () => void;

  /** @param onChange called when any port's policy has come into force. */
  constructor(
    config: InboundConfig,
    client: PolicyClient,
    log: Logger,
    onChange: () => void = () => {},
  ) {
    this.#onChange = onChange;
    this.#config = config;
    this.#client = client;
    this.#log = log;
    // Where every client comes from loopback (a laptop), trusting it would let everybody in.
    this.#trustsLoopback = config.listen.kind === 'kernel';
    for (const port of config.ports) this.#entry(port, true);
  }

  /** @param onChange called when {@link UsedPolicy.current} has become another. */
  use(port: number, onChange: () => void): UsedPolicy {
    const entry = this.#entry(port, false);
    if (entry === null) return { current: this.#shut(), release: () => {} };
    // A function of its own for each user: two may hand in the same.
    const notify = (): void => onChange();
    entry.users.add(notify);
    return {
      get current() {
        return entry.policy;
      },
      release: () => {
        entry.users.delete(notify);
        if (entry.isKept || entry.users.size > 0) return;
        entry.stop();
        this.#entries.delete(port);
      },
    };
  }

  #entry(port: number, isKept: true): Entry;
  #entry(port: number, isKept: boolean): Entry | null;
  #entry(port: number, isKept: boolean): Entry | null {
    const known = this.#entries.get(port);
    if (known !== undefined) return known;
    if (!isKept && this.#entries.size >= MAX_WATCHED_PORTS) {
      this.#log.warn({ port, limit: MAX_WATCHED_PORTS }, 'too many ports in use: this one is shut');
      return null;
    }
    const entry: Entry = {
      policy: this.#default(port),
      users: new Set(),
      isKept,
      stop: () => {},
    };
    this.#entries.set(port, entry);
    entry.stop = this.#client.watchPort(port, (server) => {
      entry.policy =
        server === null ? this.#default(port) : compileServerPolicy(server, this.#trustsLoopback);
      if (entry.policy.fault !== null) {
        this.#log.error(
          { port, fault: entry.policy.fault },
          'the policy cannot be used: 500 to all',
        );
      }
      for (const notify of entry.users) notify();
      this.#onChange();
    });
    return entry;
  }

  #default(port: number): ServerPolicy {
    const { clusterNetworks, opaquePorts, identityPorts, probes } = this.#config;
    const defaultPolicy = identityPorts.has(port)
      ? authenticatedForm(this.#config.defaultPolicy)
      : this.#config.defaultPolicy;
    const allows = compileDefaultPolicy(defaultPolicy, clusterNetworks, this.#trustsLoopback);
    const policy = plainPolicy(
      opaquePorts.has(port) ? 'opaque' : 'detect',
      shortLabels('srv', defaultName(defaultPolicy)),
      [{ labels: shortLabels('authz', defaultName(defaultPolicy)), allows }],
    );
    const paths = probes.get(port);
    return paths === undefined
      ? policy
      : { ...policy, routes: probeRoutes(paths, policy.defaultRule) };
  }

  #shut(): ServerPolicy {
    return plainPolicy('detect', shortLabels('srv', defaultName('deny')), []);
  }
}

/** The same policy for clients with an identity alone. */
function authenticatedForm(policy: DefaultPolicy): DefaultPolicy {
  switch (policy) {
    case 'all-unauthenticated':
    case 'audit':
      return 'all-authenticated';
    case 'cluster-unauthenticated':
      return 'cluster-authenticated';
    default:
      return policy;
  }
}
