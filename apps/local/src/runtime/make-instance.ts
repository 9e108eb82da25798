import type { PodRef } from '@tulle/model';
import { join } from 'node:path';
import { programEnvironment } from '../control-plane/control-plane.ts';
import type { Forwarder } from '../forward/forwarder.ts';
import { appEnvironment, inheritedEnvironment } from '../instances/app-environment.ts';
import type { IdentityStore } from '../instances/identity-store.ts';
import { Instance } from '../instances/instance.ts';
import { type InstancePlan, planInstance } from '../instances/instance-plan.ts';
import {
  identityName,
  type MeshSettings,
  proxyEnvironment,
} from '../instances/proxy-environment.ts';
import type { WorkloadSpec } from '../mesh-file/mesh-spec.ts';
import type { PortAllocator } from '../net/loopback.ts';
import type { StateFolder } from '../state/state-folder.ts';
import type { ProcessSpec } from '../supervise/supervised-process.ts';
import type { ClusterIps } from './cluster-ips.ts';
import type { ProcessManager } from './process-manager.ts';
import type { Runtime } from './runtime.ts';

/** What instances are made with. */
export interface InstanceFactory {
  /** Root of the repository: where the proxy's program is. */
  readonly root: string;
  readonly version: string;
  readonly folder: StateFolder;
  readonly settings: MeshSettings;
  readonly allocator: PortAllocator;
  readonly clusterIps: ClusterIps;
  readonly identities: IdentityStore;
  readonly processes: ProcessManager;
  readonly runtime: Runtime;
}

/** Makes an instance with its ports, forwarders and identity; does not start it. */
export async function makeInstance(
  factory: InstanceFactory,
  workload: WorkloadSpec,
  podName: string,
  meshed: boolean,
): Promise<Instance> {
  const { runtime, processes, identities, allocator } = factory;
  const ref: PodRef = { kind: 'pod', namespace: workload.ref.namespace, name: podName };
  const forwarders: Forwarder[] = [];
  const plan = await planInstance(ref, workload, meshed, allocator, async (upstream) => {
    const forwarder = await runtime.openForwarder(ref, workload.ref, upstream);
    forwarders.push(forwarder);
    return forwarder.address;
  });
  const identity = identityName(workload.serviceAccount, ref.namespace, factory.settings);
  return new Instance({
    plan,
    identity,
    proxyVersion: factory.version,
    programs: {
      app: appProgram(plan),
      proxy: await proxyProgram(factory, plan, identity),
    },
    supervise: (spec, events) => processes.supervise(spec, events),
    onChange: () => runtime.changed(),
    release: async () => {
      identities.remove(ref);
      releasePorts(plan, allocator);
      await Promise.all(forwarders.map((forwarder) => forwarder.close()));
    },
    now: Date.now,
  });
}

function appProgram(plan: InstancePlan): ProcessSpec {
  const { workload, ref } = plan;
  return {
    name: `${ref.namespace}/${ref.name}`,
    command: workload.command,
    cwd: workload.cwd,
    env: appEnvironment(plan, inheritedEnvironment(process.env)),
  };
}

async function proxyProgram(
  factory: InstanceFactory,
  plan: InstancePlan,
  identity: string,
): Promise<ProcessSpec | null> {
  const { ref, workload, proxy } = plan;
  if (proxy === null) return null;
  const files = await factory.identities.create(ref, workload.serviceAccount, identity);
  const { settings, clusterIps, folder, root } = factory;
  return {
    name: `${ref.namespace}/${ref.name}/proxy`,
    command: [join(root, 'bin/tulle-proxy')],
    cwd: files.folder,
    env: {
      ...programEnvironment(folder),
      ...proxyEnvironment(plan, proxy, files, settings, (service) => clusterIps.of(service)),
    },
  };
}

function releasePorts(plan: InstancePlan, allocator: PortAllocator): void {
  const { proxy } = plan;
  const addresses = [
    ...plan.ports.flatMap(({ address, appAddress }) => [address, appAddress]),
    ...(proxy === null
      ? []
      : [
          ...plan.upstreams.map(({ address }) => address),
          proxy.adminAddress,
          proxy.tapAddress,
          proxy.inboundAddress,
          proxy.outboundAddress,
        ]),
  ];
  for (const address of addresses) allocator.release(address);
}
