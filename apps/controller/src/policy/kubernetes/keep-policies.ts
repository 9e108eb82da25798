import type { V1Namespace, V1Pod, V1Service } from '@kubernetes/client-node';
import type { Plain } from '../../platform/kubernetes/keep/plain.ts';
import type {
  ClientMatch,
  KeptAuthorizationPolicy,
  KeptMeshTlsAuthentication,
  KeptNetworkAuthentication,
  KeptPolicyNamespace,
  KeptPolicyPod,
  KeptPolicyService,
  KeptRateLimit,
  KeptRoute,
  KeptServer,
  KeptServerAuthorization,
  Labels,
  NetworkMatch,
  Selector,
  TargetRef,
} from './kept-policies.ts';

const DEFAULT_INBOUND_POLICY = 'config.linkerd.io/default-inbound-policy';
const OPAQUE_PORTS = 'config.linkerd.io/opaque-ports';
const IDENTITY_PORTS = 'config.linkerd.io/proxy-require-identity-inbound-ports';
/** What the kubelet calls for a gRPC probe. */
const GRPC_HEALTH = '/grpc.health.v1.Health/Check';
/** Annotations of Services and routes that say how they are called. */
const CALL_ANNOTATIONS = /^(retry|timeout|balancer)\.linkerd\.io\//;

interface Custom<Spec> {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly creationTimestamp?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec: Spec;
}

interface RawRef {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export function keepPolicyPod({ metadata, spec }: Plain<V1Pod>): KeptPolicyPod {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const ports = containers.flatMap((container) =>
    (container.ports ?? [])
      .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      .map(({ name, containerPort }) => ({ name: name ?? '', port: containerPort })),
  );
  const probes = containers
    .flatMap(({ livenessProbe, readinessProbe, startupProbe }) => [
      livenessProbe,
      readinessProbe,
      startupProbe,
    ])
    .flatMap((probe) => {
      if (probe?.grpc !== undefined) {
        return [{ port: probe.grpc.port, path: GRPC_HEALTH, method: 'POST' }];
      }
      if (probe?.httpGet === undefined) return [];
      const port = portOf(probe.httpGet.port, ports);
      const path = (probe.httpGet.path ?? '/').split('?')[0] ?? '/';
      return port === null ? [] : [{ port, path, method: 'GET' }];
    });
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    labels: metadata?.labels ?? {},
    ports,
    probes,
    defaultPolicy: metadata?.annotations?.[DEFAULT_INBOUND_POLICY] ?? null,
    opaquePorts: metadata?.annotations?.[OPAQUE_PORTS] ?? null,
    identityPorts: metadata?.annotations?.[IDENTITY_PORTS] ?? null,
  };
}

function portOf(port: unknown, ports: KeptPolicyPod['ports']): number | null {
  if (typeof port === 'number') return port;
  return ports.find(({ name }) => name === port)?.port ?? null;
}

export function keepPolicyNamespace({ metadata }: Plain<V1Namespace>): KeptPolicyNamespace {
  return {
    name: metadata?.name ?? '',
    defaultPolicy: metadata?.annotations?.[DEFAULT_INBOUND_POLICY] ?? null,
    opaquePorts: metadata?.annotations?.[OPAQUE_PORTS] ?? null,
    identityPorts: metadata?.annotations?.[IDENTITY_PORTS] ?? null,
  };
}

export function keepPolicyService({ metadata, spec }: Plain<V1Service>): KeptPolicyService {
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    clusterIps: (spec?.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None'),
    ports: (spec?.ports ?? []).map(({ port, appProtocol }) => ({
      port,
      appProtocol: appProtocol ?? null,
    })),
    opaquePorts: metadata?.annotations?.[OPAQUE_PORTS] ?? null,
    annotations: callAnnotations(metadata?.annotations),
  };
}

function callAnnotations(annotations: Labels | undefined): Labels {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => CALL_ANNOTATIONS.test(name)),
  );
}

export function keepServer(
  object: Custom<{
    readonly podSelector?: Selector;
    readonly port: number | string;
    readonly proxyProtocol?: string;
    readonly accessPolicy?: string;
  }>,
): KeptServer {
  const { spec } = object;
  return {
    ...headOf(object),
    labels: object.metadata.labels ?? {},
    podSelector: spec.podSelector ?? null,
    port: spec.port,
    proxyProtocol: spec.proxyProtocol ?? 'unknown',
    accessPolicy: spec.accessPolicy ?? 'deny',
  };
}

export function keepServerAuthorization(
  object: Custom<{
    readonly server: { readonly name?: string; readonly selector?: Selector };
    readonly client: {
      readonly networks?: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
      readonly unauthenticated?: boolean;
      readonly meshTLS?: {
        readonly unauthenticatedTLS?: boolean;
        readonly identities?: readonly string[];
        readonly serviceAccounts?: readonly {
          readonly name: string;
          readonly namespace?: string;
        }[];
      };
    };
  }>,
  identityOf: (account: { readonly name: string; readonly namespace: string }) => string,
): KeptServerAuthorization {
  const { server, client } = object.spec;
  const head = headOf(object);
  return {
    ...head,
    server: server.name === undefined ? { selector: server.selector ?? {} } : { name: server.name },
    networks: networksOf(client.networks),
    client: clientOf(),
  };

  function clientOf(): ClientMatch {
    if (client.unauthenticated === true) return { kind: 'anybody' };
    if (client.meshTLS?.unauthenticatedTLS === true) return { kind: 'any-tls' };
    const accounts = (client.meshTLS?.serviceAccounts ?? []).map(({ name, namespace }) =>
      identityOf({ name, namespace: namespace ?? head.namespace }),
    );
    return { kind: 'identities', names: [...(client.meshTLS?.identities ?? []), ...accounts] };
  }
}

export function keepAuthorizationPolicy(
  object: Custom<{
    readonly targetRef: RawRef;
    readonly requiredAuthenticationRefs: readonly RawRef[];
  }>,
): KeptAuthorizationPolicy {
  const head = headOf(object);
  return {
    ...head,
    target: refIn(object.spec.targetRef, head.namespace),
    authentications: object.spec.requiredAuthenticationRefs.map((ref) =>
      refIn(ref, head.namespace),
    ),
  };
}

export function keepMeshTlsAuthentication(
  object: Custom<{
    readonly identities?: readonly string[];
    readonly identityRefs?: readonly RawRef[];
  }>,
): KeptMeshTlsAuthentication {
  const head = headOf(object);
  return {
    ...head,
    identities: object.spec.identities ?? [],
    refs: (object.spec.identityRefs ?? []).map((ref) => refIn(ref, head.namespace)),
  };
}

export function keepNetworkAuthentication(
  object: Custom<{
    readonly networks?: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
  }>,
): KeptNetworkAuthentication {
  return { ...headOf(object), networks: networksOf(object.spec.networks) };
}

export function keepRateLimit(
  object: Custom<{
    readonly targetRef: RawRef;
    readonly total?: { readonly requestsPerSecond: number };
    readonly identity?: { readonly requestsPerSecond: number };
    readonly overrides?: readonly {
      readonly requestsPerSecond: number;
      readonly clientRefs: readonly RawRef[];
    }[];
  }>,
): KeptRateLimit {
  const head = headOf(object);
  const { targetRef, total, identity, overrides = [] } = object.spec;
  return {
    ...head,
    target: refIn(targetRef, head.namespace),
    total: total?.requestsPerSecond ?? null,
    identity: identity?.requestsPerSecond ?? null,
    overrides: overrides.map(({ requestsPerSecond, clientRefs }) => ({
      requestsPerSecond,
      clients: clientRefs.map((ref) => refIn(ref, head.namespace)),
    })),
  };
}

/** @param group of the route; the Gateway API's and Linkerd's own have the same shape */
export function keepRoute<Spec extends object>(
  object: Custom<Spec & { readonly parentRefs?: readonly (RawRef & { readonly port?: number })[] }>,
  group: string,
  kind: KeptRoute<Spec>['kind'],
): KeptRoute<Spec> {
  const head = headOf(object);
  return {
    ...head,
    group,
    kind,
    annotations: callAnnotations(object.metadata.annotations),
    parents: (object.spec.parentRefs ?? []).map((ref) => ({
      ...refIn({ ...ref, kind: (ref.kind as string | undefined) ?? 'Gateway' }, head.namespace),
      port: ref.port ?? null,
    })),
    spec: object.spec,
  };
}

function headOf({ metadata }: Custom<unknown>) {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdAtMs: Date.parse(metadata.creationTimestamp ?? '') || 0,
  };
}

function refIn({ group, kind, name, namespace }: RawRef, own: string): TargetRef {
  const core = group === undefined || group === 'core' ? '' : group;
  return { group: core, kind, name, namespace: namespace ?? own };
}

function networksOf(
  networks: readonly { readonly cidr: string; readonly except?: readonly string[] }[] | undefined,
): readonly NetworkMatch[] {
  return (networks ?? []).map(({ cidr, except }) => ({ cidr, except: except ?? [] }));
}
