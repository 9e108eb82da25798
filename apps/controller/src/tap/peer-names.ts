import { keyOf } from '@tulle/model';
import type {
  InstanceState,
  PlatformState,
  PodRef,
  SourceInstance,
  SourcesReply,
  TapPeer,
  WorkloadKind,
  WorkloadRef,
} from '@tulle/model';
import { parseIdentityName } from '@tulle/pki';

/** Addresses remembered; a connection's address is asked for once. */
const MAX_REMEMBERED = 4000;
/** An address nobody knew is asked for again after this long: the connection may be younger than the answer. */
const UNKNOWN_MS = 5000;
const MAX_ASKED_AT_ONCE = 200;

export interface PeerNamesOptions {
  readonly state: () => PlatformState;
  /** Which instances own these client-side addresses. */
  readonly sources: (addresses: readonly string[]) => Promise<SourcesReply>;
  readonly now: () => number;
}

type Labels = Readonly<Record<string, string>>;

/** Names the ends of an exchange, as well as they can be named. */
export interface PeerNames {
  /** The end that a proxy's labels describe (namespace, deployment and so on, pod). */
  byLabels(address: string, labels: Labels): TapPeer;
  /** The workload that runs under a mesh identity; without pod unless it has only one. */
  byIdentity(address: string, identity: string): TapPeer;
  /** A client outside the mesh, from the platform; at most 200 ms. */
  byAddress(address: string): Promise<TapPeer>;
}

const KIND_LABELS: readonly (readonly [label: string, kind: WorkloadKind])[] = [
  ['deployment', 'deployment'],
  ['statefulset', 'statefulset'],
  ['daemonset', 'daemonset'],
  ['cronjob', 'cronjob'],
  ['k8s_job', 'job'],
  ['replicaset', 'replicaset'],
];
const PATIENCE_MS = 200;

export function createPeerNames(options: PeerNamesOptions): PeerNames {
  const remembered = new Map<string, { source: SourceInstance | null; untilMs: number }>();
  let asking: { addresses: Set<string>; done: Promise<void> } | null = null;

  function instancesOf(workload: WorkloadRef): readonly InstanceState[] {
    const key = keyOf(workload);
    return options.state().instances.filter((instance) => keyOf(instance.workload) === key);
  }

  /** Asks for all addresses of one turn of the event loop in one request. */
  function ask(address: string): Promise<void> {
    if (asking !== null && asking.addresses.size < MAX_ASKED_AT_ONCE) {
      asking.addresses.add(address);
      return asking.done;
    }
    const addresses = new Set([address]);
    const done = Promise.resolve().then(() => fetchSources(addresses));
    asking = { addresses, done };
    return done;
  }

  async function fetchSources(addresses: ReadonlySet<string>): Promise<void> {
    asking = null;
    let found: SourcesReply['sources'] = {};
    try {
      found = (await options.sources([...addresses])).sources;
    } catch {
      // Without the platform the rows stay nameless; it is asked again for later ones.
    }
    if (remembered.size + addresses.size > MAX_REMEMBERED) remembered.clear();
    for (const address of addresses) {
      const source = found[address] ?? null;
      const untilMs = source === null ? options.now() + UNKNOWN_MS : Number.POSITIVE_INFINITY;
      remembered.set(address, { source, untilMs });
    }
  }

  function peerOf(address: string, source: SourceInstance | null): TapPeer {
    return { address, workload: source?.workload ?? null, pod: source?.pod ?? null };
  }

  return {
    byLabels(address, labels): TapPeer {
      const namespace = labels['namespace'];
      if (namespace === undefined) return peerOf(address, null);
      const podName = labels['pod'];
      const pod: PodRef | null =
        podName === undefined ? null : { kind: 'pod', namespace, name: podName };
      for (const [label, kind] of KIND_LABELS) {
        const name = labels[label];
        if (name !== undefined) return { address, workload: { kind, namespace, name }, pod };
      }
      return { address, workload: null, pod };
    },
    byIdentity(address, identity): TapPeer {
      const name = parseIdentityName(identity);
      if (name === null) return peerOf(address, null);
      const workloads = options
        .state()
        .workloads.filter(
          ({ ref, serviceAccount }) =>
            ref.namespace === name.namespace && serviceAccount === name.serviceAccount,
        );
      const [only, another] = workloads;
      // Workloads that share a service account cannot be told apart by their identity.
      if (only === undefined || another !== undefined) return peerOf(address, null);
      const [instance, more] = instancesOf(only.ref);
      return {
        address,
        workload: only.ref,
        pod: more === undefined ? (instance?.ref ?? null) : null,
      };
    },
    async byAddress(address): Promise<TapPeer> {
      const known = remembered.get(address);
      if (known !== undefined && known.untilMs > options.now()) {
        return peerOf(address, known.source);
      }
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, PATIENCE_MS);
      await Promise.race([ask(address), patience.promise]);
      clearTimeout(timer);
      return peerOf(address, remembered.get(address)?.source ?? null);
    },
  };
}
