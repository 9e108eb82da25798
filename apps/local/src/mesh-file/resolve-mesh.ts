import type { ServiceRef, WorkloadRef } from '@tulle/model';
import { resolve } from 'node:path';
import type { Fault, FaultPath } from './fault.ts';
import {
  type MeshSpec,
  type PortSpec,
  type Readiness,
  type ServicePortSpec,
  type ServiceSpec,
  type UpstreamRef,
  upstreamKey,
  type WorkloadSpec,
} from './mesh-spec.ts';
import type { MeshFile, NamespaceFile, ServiceFile, WorkloadFile } from './schema.ts';
import { placeholdersOf } from './template.ts';

/** Service account of a workload that names none, as in Kubernetes. */
const DEFAULT_SERVICE_ACCOUNT = 'default';

/** Resolves names to what they name. `spec` may be used only when `faults` is empty. */
export function resolveMesh(file: MeshFile, folder: string): { spec: MeshSpec; faults: Fault[] } {
  const resolver = new Resolver(file, folder);
  const namespaces = Object.entries(file.namespaces);
  const spec = {
    services: namespaces.flatMap(([name, namespace]) => resolver.services(name, namespace)),
    workloads: namespaces.flatMap(([name, namespace]) => resolver.workloads(name, namespace)),
  };
  return { spec, faults: resolver.faults };
}

class Resolver {
  readonly faults: Fault[] = [];
  readonly #file: MeshFile;
  readonly #folder: string;
  readonly #hostPorts = new Set<number>();

  constructor(file: MeshFile, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  services(namespaceName: string, namespace: NamespaceFile): ServiceSpec[] {
    return Object.entries(namespace.services).flatMap(([name, service]) => {
      const path = ['namespaces', namespaceName, 'services', name];
      const workloadName = service.workload ?? name;
      const workload = namespace.workloads[workloadName];
      if (workload === undefined) {
        const names = Object.keys(namespace.workloads).join(', ') || 'none is defined';
        this.#fault([...path, 'workload'], `a workload of this namespace (${names})`);
        return [];
      }
      const ref: ServiceRef = { kind: 'service', namespace: namespaceName, name };
      const ports = this.#servicePorts(service, workload, path);
      const owner = { kind: workload.kind, namespace: namespaceName, name: workloadName };
      return [{ ref, workload: owner, ports }];
    });
  }

  workloads(namespaceName: string, namespace: NamespaceFile): WorkloadSpec[] {
    return Object.entries(namespace.workloads).map(([name, workload]) => {
      const path = ['namespaces', namespaceName, 'workloads', name];
      const ref: WorkloadRef = { kind: workload.kind, namespace: namespaceName, name };
      this.#requireDistinct(workload.ports, [...path, 'ports']);
      return {
        ref,
        replicas: workload.replicas,
        serviceAccount: workload.serviceAccount ?? DEFAULT_SERVICE_ACCOUNT,
        inject: workload.inject ?? namespace.inject,
        command: workload.command,
        cwd: resolve(this.#folder, workload.cwd),
        env: Object.fromEntries(
          Object.entries(workload.env).map(([key, value]) => [key, String(value)]),
        ),
        ports: portsOf(workload),
        readiness: this.#readiness(workload, path),
        upstreams: this.#upstreams(workload, namespaceName, path),
      };
    });
  }

  #servicePorts(service: ServiceFile, workload: WorkloadFile, path: FaultPath): ServicePortSpec[] {
    const known = portsOf(workload);
    this.#requireDistinct(service.ports, [...path, 'ports']);
    return Object.entries(service.ports).flatMap(([name, value]) => {
      const details = typeof value === 'number' ? { port: value } : value;
      const targetName = details.targetPort ?? name;
      const targetPort = known.find((port) => port.name === targetName);
      if (targetPort === undefined) {
        const names = known.map((port) => port.name).join(', ') || 'it has none';
        this.#fault([...path, 'ports', name, 'targetPort'], `a port of the workload (${names})`);
        return [];
      }
      const hostPort = details.hostPort ?? null;
      if (hostPort !== null && this.#hostPorts.has(hostPort)) {
        this.#fault([...path, 'ports', name, 'hostPort'], 'a port that no other service opens');
      }
      if (hostPort !== null) this.#hostPorts.add(hostPort);
      return [{ name, port: details.port, targetPort, hostPort }];
    });
  }

  #readiness(workload: WorkloadFile, path: FaultPath): Readiness {
    const names = Object.keys(workload.ports);
    if (workload.readiness === undefined) {
      const first = names[0];
      return first === undefined ? { kind: 'started' } : { kind: 'tcp', port: first };
    }
    const probe: Readiness =
      'tcp' in workload.readiness
        ? { kind: 'tcp', port: workload.readiness.tcp }
        : { kind: 'http', ...workload.readiness.http };
    if (!names.includes(probe.port)) {
      const where = probe.kind === 'tcp' ? ['tcp'] : ['http', 'port'];
      this.#fault(
        [...path, 'readiness', ...where],
        `a port of this workload (${names.join(', ') || 'it has none'})`,
      );
    }
    return probe;
  }

  #upstreams(workload: WorkloadFile, namespace: string, path: FaultPath): UpstreamRef[] {
    const upstreams = new Map<string, UpstreamRef>();
    for (const [name, value] of Object.entries(workload.env)) {
      for (const placeholder of placeholdersOf(String(value), namespace)) {
        switch (placeholder.kind) {
          case 'port':
            if (Object.hasOwn(workload.ports, placeholder.name)) break;
            this.#fault([...path, 'env', name], `{{port.NAME}} with a port of this workload`);
            break;
          case 'service':
            if (this.#isServicePort(placeholder.upstream)) {
              upstreams.set(upstreamKey(placeholder.upstream), placeholder.upstream);
              break;
            }
            this.#fault(
              [...path, 'env', name],
              '{{service.NAME:PORT}} with a port of a service of this file',
            );
            break;
          case 'unknown':
            this.#fault(
              [...path, 'env', name],
              '{{port.NAME}}, {{service.NAME:PORT}} or {{service.NAME.NAMESPACE:PORT}}',
            );
            break;
        }
      }
    }
    return [...upstreams.values()];
  }

  #isServicePort({ service, port }: UpstreamRef): boolean {
    const ports = this.#file.namespaces[service.namespace]?.services[service.name]?.ports ?? {};
    return Object.values(ports).some(
      (value) => (typeof value === 'number' ? value : value.port) === port,
    );
  }

  /** Ports are told apart by number wherever they are named, so each may stand only once. */
  #requireDistinct(
    ports: Readonly<Record<string, number | { readonly port: number }>>,
    path: FaultPath,
  ): void {
    const seen = new Set<number>();
    for (const [name, value] of Object.entries(ports)) {
      const port = typeof value === 'number' ? value : value.port;
      if (seen.has(port)) this.#fault([...path, name], 'a port that no other name here has');
      seen.add(port);
    }
  }

  #fault(path: FaultPath, expected: string): void {
    this.faults.push({ path, expected });
  }
}

function portsOf(workload: WorkloadFile): PortSpec[] {
  return Object.entries(workload.ports).map(([name, value]) =>
    typeof value === 'number' ? { name, port: value, opaque: false } : { name, ...value },
  );
}
