import type { TulleError } from '@tulle/model';
import { loadOrCreateAuthority } from '@tulle/pki';
import { once } from 'node:events';
import { join } from 'node:path';
import { type RuntimeServer, serveRuntime } from '../api/runtime-server.ts';
import { ControlPlane, planControlPlane } from '../control-plane/control-plane.ts';
import type { Forwarder } from '../forward/forwarder.ts';
import { IdentityStore } from '../instances/identity-store.ts';
import type { MeshSpec, WorkloadSpec } from '../mesh-file/mesh-spec.ts';
import { PortAllocator } from '../net/loopback.ts';
import { answersOk, pollUntil } from '../net/poll-until.ts';
import type { Options } from '../options/options.ts';
import { ROLLOUT_TIMES, WorkloadRunner } from '../rollout/workload-runner.ts';
import { InjectOverrides } from '../state/inject-overrides.ts';
import type { StateFolder } from '../state/state-folder.ts';
import { ClusterIps, SERVICE_NETWORK } from './cluster-ips.ts';
import { type HostPort, openHostPorts } from './host-ports.ts';
import { type InstanceFactory, makeInstance } from './make-instance.ts';
import { ProcessManager, type ProcessListener } from './process-manager.ts';
import { Runtime } from './runtime.ts';

/** Of each of the three waves in which processes are ended: applications, proxies, control plane. */
const STOP_GRACE_MS = 1500;
const MESH_NAMES = {
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  controlPlaneNamespace: 'tulle',
};

export interface RunningMeshOptions {
  /** Root of the repository. */
  readonly root: string;
  readonly version: string;
  readonly options: Options;
  readonly spec: MeshSpec;
  readonly hostPorts: readonly HostPort[];
  readonly folder: StateFolder;
  readonly listener: ProcessListener;
}

/** Everything one `npm start` runs. */
export class RunningMesh {
  readonly runtime: Runtime;
  readonly hasDashboard: boolean;
  readonly #processes: ProcessManager;
  readonly #controlPlane: ControlPlane;
  readonly #server: RuntimeServer;
  readonly #webAddress: string;
  #hostForwarders: Forwarder[] = [];

  private constructor(parts: {
    runtime: Runtime;
    processes: ProcessManager;
    controlPlane: ControlPlane;
    server: RuntimeServer;
    webAddress: string;
  }) {
    this.runtime = parts.runtime;
    this.#processes = parts.processes;
    this.#controlPlane = parts.controlPlane;
    this.#server = parts.server;
    this.#webAddress = parts.webAddress;
    this.hasDashboard = parts.controlPlane.hasDashboard;
  }

  /** Starts it all; resolves when every process was started, not when each is ready. Stops what it started on failure. */
  static async start(options: RunningMeshOptions): Promise<RunningMesh> {
    const { folder, spec } = options;
    const allocator = new PortAllocator();
    const { authority } = await loadOrCreateAuthority(folder.identity, MESH_NAMES);
    const addresses = await planControlPlane(options.options.port, allocator);
    const settings = {
      ...MESH_NAMES,
      destinationAddress: addresses.destination,
      identityAddress: addresses.identity,
      policyAddress: addresses.policy,
      serviceNetwork: SERVICE_NETWORK,
      trustAnchors: authority.trustAnchorsPem,
    };
    const clusterIps = new ClusterIps(spec.services.map(({ ref }) => ref));
    const identities = new IdentityStore(join(folder.run, 'pods'));
    const now = () => performance.now();
    const runtime = new Runtime({ spec, clusterIps, identities, now });
    const server = await serveRuntime(folder.socket, runtime);
    const processes = new ProcessManager(folder.log, options.listener);
    const { root, version } = options;
    const { logLevel } = options.options;
    const controlPlane = new ControlPlane({
      root,
      addresses,
      settings,
      folder,
      processes,
      logLevel,
    });
    const mesh = new RunningMesh({
      runtime,
      processes,
      controlPlane,
      server,
      webAddress: addresses.web,
    });
    const factory: InstanceFactory = {
      root,
      version,
      folder,
      settings,
      allocator,
      clusterIps,
      identities,
      processes,
      runtime,
    };
    try {
      await mesh.#startAll(options, factory);
      return mesh;
    } catch (reason) {
      await mesh.stop();
      throw reason;
    }
  }

  /**
   * Resolves to the instances that are not ready after `timeoutMs`, with their reasons; none when all is well.
   * The dashboard's address answers by then, or is among them.
   */
  async untilReady(timeoutMs: number): Promise<string[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const path = this.hasDashboard ? '/' : '/api/v1/version';
    let dashboardAnswers = false;
    const dashboard = pollUntil(async () => {
      dashboardAnswers = await answersOk(this.#webAddress, path);
      return dashboardAnswers;
    }, signal);
    const instances = this.runtime.instances.map((instance) => instance.ready);
    const late = once(signal, 'abort');
    await Promise.race([Promise.all([dashboard, ...instances]), late]);
    const reasons = this.runtime.instances.flatMap((instance) => instance.state().reason ?? []);
    if (!dashboardAnswers) {
      reasons.push(`The dashboard does not answer at http://${this.#webAddress} yet.`);
    }
    return reasons;
  }

  /** Ends applications, then their proxies, then the control plane. Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    await Promise.all([
      ...this.#hostForwarders.map((forwarder) => forwarder.close()),
      ...this.runtime.workloads.map((runner) => runner.stop(STOP_GRACE_MS)),
    ]);
    await this.#controlPlane.stop(STOP_GRACE_MS);
    await this.#server.close();
    await this.#processes.close();
  }

  async #startAll(options: RunningMeshOptions, factory: InstanceFactory): Promise<void> {
    const { spec } = options;
    this.#controlPlane.start();
    this.#hostForwarders = await openHostPorts(spec, this.runtime, options.hostPorts);
    const overrides = new InjectOverrides(options.folder.root);
    const runners = spec.workloads.map((workload) => makeRunner(workload, overrides, factory));
    for (const runner of runners) this.runtime.add(runner);
    await Promise.all(runners.map((runner) => runner.start()));
  }
}

function makeRunner(
  spec: WorkloadSpec,
  overrides: InjectOverrides,
  factory: InstanceFactory,
): WorkloadRunner {
  return new WorkloadRunner({
    spec,
    inject: overrides.inForce(spec.ref, spec.inject),
    times: ROLLOUT_TIMES,
    makeInstance: (podName, meshed) => makeInstance(factory, spec, podName, meshed),
    onChange: () => factory.runtime.changed(),
    saveInject: (inject) => overrides.save(spec.ref, inject, spec.inject),
    now: Date.now,
  });
}

/** For messages: an error's sentence, and one line for each of its issues. */
export function describeFailure(error: TulleError): string {
  return [error.message, ...error.issues.map((issue) => `  ${issue.message}`)].join('\n');
}
