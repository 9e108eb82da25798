/** What is needed of each object that policies are made of. */
import type { GrpcRouteSpec, HttpRouteSpec, RouteParent } from './route-spec.ts';

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export type Labels = Readonly<Record<string, string>>;

/** A Kubernetes label selector; one without any requirement selects everything. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface KeptPolicyPod extends ObjectName {
  readonly labels: Labels;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** Paths that the kubelet asks for, by port: they must get through whatever the policy. */
  readonly probes: readonly {
    readonly port: number;
    readonly path: string;
    readonly method: string;
  }[];
  readonly defaultPolicy: string | null;
  readonly opaquePorts: string | null;
  /** Ports whose clients need an identity where the default policy decides. */
  readonly identityPorts: string | null;
}

export interface KeptPolicyNamespace {
  readonly name: string;
  readonly defaultPolicy: string | null;
  readonly opaquePorts: string | null;
  /** Ports whose clients need an identity where the default policy decides. */
  readonly identityPorts: string | null;
}

export interface KeptPolicyService extends ObjectName {
  readonly clusterIps: readonly string[];
  readonly ports: readonly { readonly port: number; readonly appProtocol: string | null }[];
  readonly opaquePorts: string | null;
  /** Those that say how it is called: retries, timeouts, failure accrual. */
  readonly annotations: Labels;
}

export interface KeptServer extends ObjectName {
  readonly createdAtMs: number;
  readonly labels: Labels;
  /** Null for one that selects no pods but external workloads. */
  readonly podSelector: Selector | null;
  readonly port: number | string;
  readonly proxyProtocol: string;
  readonly accessPolicy: string;
}

export interface NetworkMatch {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** Who may come in: with whatever certificate, or none. */
export interface KeptServerAuthorization extends ObjectName {
  readonly createdAtMs: number;
  readonly server: { readonly name: string } | { readonly selector: Selector };
  /** Empty for all networks. */
  readonly networks: readonly NetworkMatch[];
  readonly client: ClientMatch;
}

export type ClientMatch =
  | { readonly kind: 'anybody' }
  /** TLS of the mesh, with or without a certificate of the client. */
  | { readonly kind: 'any-tls' }
  /** Names, `*` for all, `*.suffix`. */
  | { readonly kind: 'identities'; readonly names: readonly string[] };

export interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

export interface KeptAuthorizationPolicy extends ObjectName {
  readonly createdAtMs: number;
  readonly target: TargetRef;
  readonly authentications: readonly TargetRef[];
}

export interface KeptMeshTlsAuthentication extends ObjectName {
  readonly identities: readonly string[];
  readonly refs: readonly TargetRef[];
}

export interface KeptNetworkAuthentication extends ObjectName {
  readonly networks: readonly NetworkMatch[];
}

export interface KeptRateLimit extends ObjectName {
  readonly createdAtMs: number;
  readonly target: TargetRef;
  readonly total: number | null;
  readonly identity: number | null;
  readonly overrides: readonly {
    readonly requestsPerSecond: number;
    readonly clients: readonly TargetRef[];
  }[];
}

export interface KeptRoute<Spec> extends ObjectName {
  readonly createdAtMs: number;
  readonly group: string;
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly annotations: Labels;
  readonly parents: readonly RouteParent[];
  readonly spec: Spec;
}

export interface KeptPolicies {
  readonly pods: KeptPolicyPod;
  readonly namespaces: KeptPolicyNamespace;
  readonly services: KeptPolicyService;
  readonly servers: KeptServer;
  readonly serverauthorizations: KeptServerAuthorization;
  readonly authorizationpolicies: KeptAuthorizationPolicy;
  readonly meshtlsauthentications: KeptMeshTlsAuthentication;
  readonly networkauthentications: KeptNetworkAuthentication;
  readonly httplocalratelimitpolicies: KeptRateLimit;
  /** Of policy.linkerd.io. */
  readonly policyhttproutes: KeptRoute<HttpRouteSpec>;
  /** Of gateway.networking.k8s.io. */
  readonly httproutes: KeptRoute<HttpRouteSpec>;
  readonly grpcroutes: KeptRoute<GrpcRouteSpec>;
}
export type PolicyKind = keyof KeptPolicies;
