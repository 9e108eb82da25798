import type {
  V1Container,
  V1ContainerStatus,
  V1OwnerReference,
  V1Pod,
} from '@kubernetes/client-node';
import {
  CONTROL_PLANE_NS,
  noteOf,
  OPAQUE_PORTS,
  PROXY_CONTAINER,
  PROXY_VERSION,
  SKIP_INBOUND_PORTS,
} from './annotations.ts';
import type { Plain } from './plain.ts';
import { instanceReason, isStuck } from './instance-reason.ts';
import type { KeptOwner, KeptPod, KeptPort, KeptProxy } from './kept-objects.ts';

export type Pod = Plain<V1Pod>;
type Container = Plain<V1Container>;
type ContainerStatus = Plain<V1ContainerStatus>;

const DEFAULT_INBOUND_PORT = 4143;
const DEFAULT_ADMIN_PORT = 4191;
const DEFAULT_CONTROL_PORT = 4190;

/** What is needed of a pod. A pod that has ended well (of a Job) is kept too: it takes no traffic. */
export function keepPod(pod: Pod): KeptPod {
  const { metadata, spec, status } = pod;
  const phase = phaseOf(pod);
  const statuses = appStatuses(pod);
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    ips: status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : []),
    hostNetwork: spec?.hostNetwork === true,
    hostIp: status?.hostIP ?? null,
    node: spec?.nodeName ?? '',
    serviceAccount: spec?.serviceAccountName ?? 'default',
    owner: ownerOf(metadata?.ownerReferences),
    templateHash: noteOf(metadata?.labels, 'pod-template-hash'),
    revisionHash: noteOf(metadata?.labels, 'controller-revision-hash'),
    phase,
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    reason: phase === 'ready' || phase === 'succeeded' ? null : instanceReason(pod),
    isStuck: isStuck(pod),
    proxy: proxyOf(pod),
    ports: (spec?.containers ?? []).filter(isApp).flatMap(portsOf),
    opaquePorts: noteOf(metadata?.annotations, OPAQUE_PORTS),
    skipInboundPorts: noteOf(metadata?.annotations, SKIP_INBOUND_PORTS),
    startedAtMs: Date.parse(status?.startTime ?? metadata?.creationTimestamp ?? '') || 0,
  };
}

/** The reference of the controller that made an object. */
export function ownerOf(
  references: readonly Plain<V1OwnerReference>[] | undefined,
): KeptOwner | null {
  const controller = references?.find((reference) => reference.controller === true);
  return controller === undefined ? null : { kind: controller.kind, name: controller.name };
}

export function isApp({ name }: { readonly name: string }): boolean {
  return name !== PROXY_CONTAINER;
}

export function portsOf({ ports }: Container): KeptPort[] {
  return (ports ?? [])
    .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
    .map(({ name, containerPort, hostPort }) => ({
      name: name ?? '',
      port: containerPort,
      hostPort: hostPort ?? 0,
    }));
}

function phaseOf({ metadata, status }: Pod): KeptPod['phase'] {
  if (status?.phase === 'Succeeded') return 'succeeded';
  if (status?.phase === 'Failed') return 'failed';
  if (metadata?.deletionTimestamp !== undefined) return 'stopping';
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? 'ready' : 'starting';
}

function appStatuses({ status }: Pod): readonly ContainerStatus[] {
  return (status?.containerStatuses ?? []).filter(isApp);
}

/** The proxy is a container, or an init container that stays (native sidecar). */
function proxyOf({ metadata, spec, status }: Pod): KeptProxy | null {
  const controlPlaneNamespace = noteOf(metadata?.labels, CONTROL_PLANE_NS);
  const container = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(
    ({ name }) => name === PROXY_CONTAINER,
  );
  if (controlPlaneNamespace === null || container === undefined) return null;
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const portOf = (variable: string, otherwise: number): number => {
    const value = container.env?.find(({ name }) => name === variable)?.value;
    return Number(/:(\d+)$/.exec(value ?? '')?.[1] ?? otherwise);
  };
  return {
    controlPlaneNamespace,
    version:
      noteOf(metadata?.annotations, PROXY_VERSION) ?? container.image?.split(':').at(-1) ?? '',
    ready: statuses.find(({ name }) => name === PROXY_CONTAINER)?.ready === true,
    inboundPort: portOf('LINKERD2_PROXY_INBOUND_LISTEN_ADDR', DEFAULT_INBOUND_PORT),
    adminPort: portOf('LINKERD2_PROXY_ADMIN_LISTEN_ADDR', DEFAULT_ADMIN_PORT),
    controlPort: portOf('LINKERD2_PROXY_CONTROL_LISTEN_ADDR', DEFAULT_CONTROL_PORT),
  };
}
