import type { ServiceRef, WorkloadRef } from '@tulle/model';

/** What a mesh.yaml asks for, resolved: references are known to exist, defaults are in, paths are absolute. */
export interface MeshSpec {
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
}

export interface WorkloadSpec {
  readonly ref: WorkloadRef;
  readonly replicas: number;
  readonly serviceAccount: string;
  readonly inject: Inject;
  readonly command: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Values may hold templates, see {@link fillTemplate}. */
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly PortSpec[];
  readonly readiness: Readiness;
  /** The service ports its templates name, each once. */
  readonly upstreams: readonly UpstreamRef[];
}

export type Inject = 'enabled' | 'disabled';

export interface PortSpec {
  readonly name: string;
  readonly port: number;
  readonly opaque: boolean;
}

/** When an instance takes traffic. `started`: as soon as its process runs, for one that listens on nothing. */
export type Readiness =
  | { readonly kind: 'started' }
  | { readonly kind: 'tcp'; readonly port: string }
  | { readonly kind: 'http'; readonly port: string; readonly path: string };

export interface ServiceSpec {
  readonly ref: ServiceRef;
  readonly workload: WorkloadRef;
  readonly ports: readonly ServicePortSpec[];
}

export interface ServicePortSpec {
  readonly name: string;
  readonly port: number;
  readonly targetPort: PortSpec;
  /** Port of 127.0.0.1 that a person can open; null for none. */
  readonly hostPort: number | null;
}

export interface UpstreamRef {
  readonly service: ServiceRef;
  readonly port: number;
}

/** One string per service port: `emojivoto/web-svc:80`. */
export function upstreamKey(upstream: UpstreamRef): string {
  return `${upstream.service.namespace}/${upstream.service.name}:${upstream.port}`;
}
