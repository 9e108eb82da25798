import {
  formatResource,
  type InjectRequest,
  keyOf,
  type PlatformState,
  type PodRef,
  type RolloutState,
  type ServiceState,
  type SourcesReply,
  type TokenReview,
  TulleError,
  type WorkloadRef,
} from '@tulle/model';
import type { RuntimeService } from '../api/runtime-service.ts';
import { Forwarder, type ForwardEndpoint } from '../forward/forwarder.ts';
import { SourceTable } from '../forward/source-table.ts';
import type { Instance } from '../instances/instance.ts';
import type { IdentityStore } from '../instances/identity-store.ts';
import type {
  MeshSpec,
  ServicePortSpec,
  ServiceSpec,
  UpstreamRef,
} from '../mesh-file/mesh-spec.ts';
import type { WorkloadRunner } from '../rollout/workload-runner.ts';
import type { ClusterIps } from './cluster-ips.ts';

/** What the mesh on this machine is and does: the part of the runtime that the API, forwarders and instances share. */
export class Runtime implements RuntimeService {
  readonly sourceTable: SourceTable;
  readonly #spec: MeshSpec;
  readonly #clusterIps: ClusterIps;
  readonly #identities: IdentityStore;
  readonly #workloads = new Map<string, WorkloadRunner>();
  readonly #listeners = new Set<() => void>();
  #revision = 1;
  #state: PlatformState | null = null;

  constructor(options: {
    spec: MeshSpec;
    clusterIps: ClusterIps;
    identities: IdentityStore;
    /** Milliseconds, monotonic. */
    now: () => number;
  }) {
    this.#spec = options.spec;
    this.#clusterIps = options.clusterIps;
    this.#identities = options.identities;
    this.sourceTable = new SourceTable(options.now);
  }

  add(runner: WorkloadRunner): void {
    this.#workloads.set(keyOf(runner.spec.ref), runner);
  }

  get workloads(): readonly WorkloadRunner[] {
    return [...this.#workloads.values()];
  }

  get instances(): readonly Instance[] {
    return this.workloads.flatMap((runner) => runner.instances);
  }

  /** The state has changed: whoever watches is told. */
  changed(): void {
    this.#revision += 1;
    this.#state = null;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  state(): PlatformState {
    this.#state ??= {
      revision: this.#revision,
      workloads: this.workloads.map((runner) => runner.state()),
      instances: this.instances.map((instance) => instance.state()),
      services: this.#spec.services.map((service) => this.#serviceState(service)),
      rollouts: this.workloads.flatMap(({ rollout }) => (rollout === null ? [] : [rollout])),
    };
    return this.#state;
  }

  setInject(workload: WorkloadRef, inject: InjectRequest['inject']): RolloutState {
    return this.#runner(workload).setInject(inject);
  }

  restart(workload: WorkloadRef): RolloutState {
    return this.#runner(workload).restart();
  }

  reviewToken(token: string, audience: string): TokenReview {
    return this.#identities.review(token, audience);
  }

  sources(addresses: readonly string[]): SourcesReply {
    return this.sourceTable.lookUp(addresses);
  }

  podLog(pod: PodRef, container: 'app' | 'proxy', tailLines: number): string {
    const instance = this.instances.find(
      ({ plan }) => plan.ref.namespace === pod.namespace && plan.ref.name === pod.name,
    );
    if (instance === undefined) {
      throw new TulleError(
        'not_found',
        `There is no pod ${pod.name} in ${pod.namespace} any more.`,
      );
    }
    return instance.log(container, tailLines);
  }

  /** Ready endpoints of a service port at this moment, oldest instance first. */
  endpointsOf(service: ServiceSpec, port: ServicePortSpec): ForwardEndpoint[] {
    const runner = this.#workloads.get(keyOf(service.workload));
    return (runner?.instances ?? []).flatMap((instance) => {
      if (instance.phase !== 'ready') return [];
      const planned = instance.plan.ports.find(({ spec }) => spec.name === port.targetPort.name);
      return planned === undefined ? [] : [{ address: planned.address, pod: instance.plan.ref }];
    });
  }

  /** A forwarder for one instance outside the mesh to one service port; its connections are told apart as that pod's. */
  openForwarder(pod: PodRef, workload: WorkloadRef, upstream: UpstreamRef): Promise<Forwarder> {
    const { service, port } = this.#servicePort(upstream);
    const table = this.sourceTable;
    return Forwarder.open(0, {
      endpoints: () => this.endpointsOf(service, port),
      onOpen: (address, { pod: toPod }) =>
        table.opened(address, { source: { pod, workload }, service: service.ref, toPod }),
      onClose: (address) => table.closed(address),
    });
  }

  #servicePort(upstream: UpstreamRef): { service: ServiceSpec; port: ServicePortSpec } {
    const key = keyOf(upstream.service);
    const service = this.#spec.services.find((candidate) => keyOf(candidate.ref) === key);
    const port = service?.ports.find((candidate) => candidate.port === upstream.port);
    if (service !== undefined && port !== undefined) return { service, port };
    throw new TulleError('not_found', `There is no port ${upstream.port} of ${key}.`);
  }

  #serviceState({ ref, workload, ports }: ServiceSpec): ServiceState {
    return {
      ref,
      workloads: [workload],
      clusterIp: this.#clusterIps.of(ref),
      ports: ports.map(({ name, port, targetPort }) => ({
        name,
        port,
        targetPort: targetPort.port,
        opaque: targetPort.opaque,
      })),
    };
  }

  #runner(workload: WorkloadRef): WorkloadRunner {
    const runner = this.#workloads.get(keyOf(workload));
    if (runner !== undefined) return runner;
    throw new TulleError(
      'not_found',
      `There is no ${formatResource(workload)} in ${workload.namespace}.`,
    );
  }
}
