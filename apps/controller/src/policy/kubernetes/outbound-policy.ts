import { create } from '@bufbuild/protobuf';
import { httpRoute, meta, outbound, toDuration } from '@tulle/proxy-api';
import { parseGoDuration } from '@tulle/model';
import { formatServiceName } from '../../destination/service-name.ts';
import { opaquePorts } from '../../platform/kubernetes/opaque-ports.ts';
import type { PolicyMesh } from './authorizations.ts';
import { failureAccrualOf, grpcRetryOf, httpRetryOf, timeoutsOf } from './call-annotations.ts';
import type { KeptPolicyService, KeptRoute, Labels } from './kept-policies.ts';
import type { PolicyObjects } from './policy-objects.ts';
import { toFilter, toGrpcMatches, toHostMatch, toHttpMatches } from './route-messages.ts';
import type {
  BackendSpec,
  FilterSpec,
  GrpcMatchSpec,
  GrpcRouteSpec,
  HttpMatchSpec,
  HttpRouteSpec,
  RuleSpec,
  TimeoutSpec,
} from './route-spec.ts';

/** Source of the balancer's and the queue's figures: linkerd2 policy-controller/grpc/src/outbound.rs. */
const DETECT_TIMEOUT_MS = 10_000;
const DEFAULT_RTT_MS = 30;
const RTT_DECAY_MS = 10_000;
const GRPC_UNAVAILABLE = 14;
const QUEUE = { capacity: 100, failfastTimeout: toDuration(3000) };

export interface OutboundQuery {
  readonly service: KeptPolicyService;
  readonly port: number;
  /** Namespace of who asks: routes of it go before the service's own. Empty where it is not known. */
  readonly clientNamespace: string;
}

/**
 * How a service's port is called: by the routes that name it as parent, else balanced over its endpoints with what its
 * annotations say. Source: linkerd2 policy-controller/grpc/src/outbound.rs.
 */
export function outboundPolicy(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  query: OutboundQuery,
): outbound.OutboundPolicy {
  const { service, port } = query;
  const metadata = resourceOf('core', 'Service', service, port);
  const opaqueRoutes = [opaqueRoute(mesh, service, port)];
  if (isOpaque(objects, service, port)) {
    return create(outbound.OutboundPolicySchema, {
      metadata,
      protocol: { kind: { case: 'opaque', value: { routes: opaqueRoutes } } },
    });
  }
  const accrual = failureAccrualOf(service.annotations);
  const failureAccrual =
    accrual === null ? {} : { failureAccrual: create(outbound.FailureAccrualSchema, accrual) };
  const grpc = grpcRoutesOf(objects, mesh, query);
  if (grpc.length > 0) {
    return create(outbound.OutboundPolicySchema, {
      metadata,
      protocol: { kind: { case: 'grpc', value: { routes: grpc, ...failureAccrual } } },
    });
  }
  const routes = httpRoutesOf(objects, mesh, query);
  return create(outbound.OutboundPolicySchema, {
    metadata,
    protocol: {
      kind: {
        case: 'detect',
        value: {
          timeout: toDuration(DETECT_TIMEOUT_MS),
          opaque: { routes: opaqueRoutes },
          http1: { routes, ...failureAccrual },
          http2: { routes, ...failureAccrual },
        },
      },
    },
  });
}

function opaqueRoute(
  mesh: PolicyMesh,
  service: KeptPolicyService,
  port: number,
): outbound.OpaqueRoute {
  const backends = [{ backend: balancerOf(mesh, service, port) }];
  return create(outbound.OpaqueRouteSchema, {
    metadata: { kind: { case: 'default', value: 'opaque' } },
    rules: [{ backends: { kind: { case: 'firstAvailable', value: { backends } } } }],
  });
}

function isOpaque(objects: PolicyObjects, service: KeptPolicyService, port: number): boolean {
  const appProtocol = service.ports.find((each) => each.port === port)?.appProtocol;
  if (appProtocol === 'linkerd.io/opaque') return true;
  const namespace = objects.all.namespaces.get(service.namespace);
  return opaquePorts(service.opaquePorts, namespace?.opaquePorts).has(port);
}

function httpRoutesOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  query: OutboundQuery,
): outbound.HttpRoute[] {
  const { service, port } = query;
  const found = routesFor(query, (namespace) => [
    ...objects.within('policyhttproutes', namespace),
    ...objects.within('httproutes', namespace),
  ]);
  if (found.length === 0) return [defaultHttpRoute(mesh, service, port)];
  return found.map((route) => toHttpRoute(objects, mesh, query, route));
}

/** Everything to the service's own endpoints, as its annotations say. */
function defaultHttpRoute(
  mesh: PolicyMesh,
  service: KeptPolicyService,
  port: number,
): outbound.HttpRoute {
  const retry = httpRetryOf(service.annotations);
  const rule = create(outbound.HttpRoute_RuleSchema, {
    matches: toHttpMatches(undefined),
    backends: { kind: { case: 'firstAvailable', value: ownEndpoints(mesh, service, port) } },
    timeouts: create(httpRoute.TimeoutsSchema, timeoutsOf(service.annotations)),
  });
  if (retry !== null) rule.retry = create(outbound.HttpRoute_RetrySchema, retry);
  return create(outbound.HttpRouteSchema, {
    metadata: { kind: { case: 'default', value: 'http' } },
    rules: [rule],
  });
}

/** Where no backend is named: the service's own endpoints. */
function ownEndpoints(mesh: PolicyMesh, service: KeptPolicyService, port: number) {
  return { backends: [{ backend: balancerOf(mesh, service, port) }] };
}

function toHttpRoute(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  { service, port }: OutboundQuery,
  route: KeptRoute<HttpRouteSpec>,
): outbound.HttpRoute {
  const { annotations, retry } = callsOf(route, service, httpRetryOf);
  return create(outbound.HttpRouteSchema, {
    metadata: resourceOf(route.group, route.kind, route, 0),
    hosts: (route.spec.hostnames ?? []).map(toHostMatch),
    rules: (route.spec.rules ?? []).map(toRule),
  });

  function toRule(spec: RuleSpec<HttpMatchSpec>): outbound.HttpRoute_Rule {
    const rule = create(outbound.HttpRoute_RuleSchema, {
      matches: toHttpMatches(spec.matches),
      filters: httpFilters(spec.filters),
      backends: toDistribution(spec.backendRefs ?? []),
      timeouts: ruleTimeouts(annotations, spec.timeouts),
    });
    if (retry !== null) rule.retry = create(outbound.HttpRoute_RetrySchema, retry);
    return rule;
  }

  function toDistribution(refs: readonly BackendSpec[]): outbound.HttpRoute_Distribution {
    if (refs.length === 0) {
      const value = ownEndpoints(mesh, service, port);
      return create(outbound.HttpRoute_DistributionSchema, {
        kind: { case: 'firstAvailable', value },
      });
    }
    const backends = refs.map((ref) => {
      const { backend, missing } = backendOf(objects, mesh, route, ref, service);
      const value = { status: 500, message: missing ?? '' };
      const failure = { kind: { case: 'failureInjector', value } } as const;
      const filters = [...(missing === null ? [] : [failure]), ...httpFilters(ref.filters)];
      return { weight: ref.weight ?? 1, backend: { backend, filters } };
    });
    return create(outbound.HttpRoute_DistributionSchema, {
      kind: { case: 'randomAvailable', value: { backends } },
    });
  }
}

function grpcRoutesOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  query: OutboundQuery,
): outbound.GrpcRoute[] {
  return routesFor(query, (namespace) => objects.within('grpcroutes', namespace)).map((route) =>
    toGrpcRoute(objects, mesh, query, route),
  );
}

function toGrpcRoute(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  { service, port }: OutboundQuery,
  route: KeptRoute<GrpcRouteSpec>,
): outbound.GrpcRoute {
  const { annotations, retry } = callsOf(route, service, grpcRetryOf);
  return create(outbound.GrpcRouteSchema, {
    metadata: resourceOf(route.group, route.kind, route, 0),
    hosts: (route.spec.hostnames ?? []).map(toHostMatch),
    rules: (route.spec.rules ?? []).map(toRule),
  });

  function toRule(spec: RuleSpec<GrpcMatchSpec>): outbound.GrpcRoute_Rule {
    const rule = create(outbound.GrpcRoute_RuleSchema, {
      matches: toGrpcMatches(spec.matches),
      filters: grpcFilters(spec.filters),
      backends: toDistribution(spec.backendRefs ?? []),
      timeouts: ruleTimeouts(annotations, spec.timeouts),
    });
    if (retry !== null) rule.retry = create(outbound.GrpcRoute_RetrySchema, retry);
    return rule;
  }

  function toDistribution(refs: readonly BackendSpec[]): outbound.GrpcRoute_Distribution {
    if (refs.length === 0) {
      const value = ownEndpoints(mesh, service, port);
      return create(outbound.GrpcRoute_DistributionSchema, {
        kind: { case: 'firstAvailable', value },
      });
    }
    const backends = refs.map((ref) => {
      const { backend, missing } = backendOf(objects, mesh, route, ref, service);
      const value = { code: GRPC_UNAVAILABLE, message: missing ?? '' };
      const failure = { kind: { case: 'failureInjector', value } } as const;
      const filters = [...(missing === null ? [] : [failure]), ...grpcFilters(ref.filters)];
      return { weight: ref.weight ?? 1, backend: { backend, filters } };
    });
    return create(outbound.GrpcRoute_DistributionSchema, {
      kind: { case: 'randomAvailable', value: { backends } },
    });
  }
}

/** Routes of the client's namespace go before all others: it decides how it calls; the service decides for the rest. */
function routesFor<Spec>(
  { service, port, clientNamespace }: OutboundQuery,
  within: (namespace: string) => readonly KeptRoute<Spec>[],
): readonly KeptRoute<Spec>[] {
  const ofService = (route: KeptRoute<Spec>): boolean =>
    route.parents.some(
      ({ group, kind, name, namespace, port: wanted }) =>
        group === '' &&
        kind === 'Service' &&
        name === service.name &&
        namespace === service.namespace &&
        (wanted === null || wanted === port),
    );
  if (clientNamespace !== '' && clientNamespace !== service.namespace) {
    const consumer = within(clientNamespace).filter(ofService);
    if (consumer.length > 0) return consumer;
  }
  return within(service.namespace).filter(ofService);
}

/** A route's own annotations, or its service's where it has none of a kind. */
function callsOf<Retry>(
  route: KeptRoute<unknown>,
  service: KeptPolicyService,
  retryOf: (annotations: Labels) => Retry | null,
): { readonly annotations: Labels; readonly retry: Retry | null } {
  const annotations = { ...service.annotations, ...route.annotations };
  return { annotations, retry: retryOf(annotations) };
}

/** A rule's own, and what annotations say of the others. */
function ruleTimeouts(annotations: Labels, timeouts: TimeoutSpec | undefined): httpRoute.Timeouts {
  const all = create(httpRoute.TimeoutsSchema, timeoutsOf(annotations));
  const request = toTimeout(timeouts?.request);
  const response = toTimeout(timeouts?.backendRequest);
  if (request !== null) all.request = request;
  if (response !== null) all.response = response;
  return all;
}

function toTimeout(text: string | undefined) {
  const ms = text === undefined ? null : parseGoDuration(text);
  return ms === null || ms <= 0 ? null : toDuration(ms);
}

/** A backend; with a sentence instead of endpoints where it leads nowhere, which callers are told. */
function backendOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  route: KeptRoute<unknown>,
  { group = '', kind = 'Service', name, namespace, port }: BackendSpec,
  parent: KeptPolicyService,
): { readonly backend: outbound.Backend; readonly missing: string | null } {
  const home = namespace ?? route.namespace;
  const found = objects.all.services.get(`${home}/${name}`);
  const isService = (group === '' || group === 'core') && kind === 'Service';
  if (isService && found !== undefined && port !== undefined) {
    return { backend: balancerOf(mesh, found, port), missing: null };
  }
  const missing = !isService
    ? `Backend ${kind} ${name} is not a Service`
    : port === undefined
      ? `Backend ${name} has no port`
      : `Service ${name} not found in ${home}`;
  const backend = balancerOf(mesh, parent, port ?? 1);
  backend.metadata = resourceOf('core', 'Service', { name, namespace: home }, port ?? 0);
  return { backend, missing };
}

function balancerOf(mesh: PolicyMesh, service: KeptPolicyService, port: number): outbound.Backend {
  const path = `${formatServiceName(service, mesh.clusterDomain)}:${port}`;
  return create(outbound.BackendSchema, {
    metadata: resourceOf('core', 'Service', service, port),
    queue: QUEUE,
    kind: {
      case: 'balancer',
      value: {
        discovery: { kind: { case: 'dst', value: { path } } },
        load: {
          case: 'peakEwma',
          value: { defaultRtt: toDuration(DEFAULT_RTT_MS), decay: toDuration(RTT_DECAY_MS) },
        },
      },
    },
  });
}

function httpFilters(filters: readonly FilterSpec[] | undefined) {
  return (filters ?? []).flatMap((spec) => {
    const kind = toFilter(spec);
    return kind === null ? [] : [{ kind }];
  });
}

function grpcFilters(filters: readonly FilterSpec[] | undefined) {
  return (filters ?? []).flatMap((spec) => {
    const kind = toFilter(spec);
    return kind?.case === 'requestHeaderModifier' ? [{ kind }] : [];
  });
}

function resourceOf(
  group: string,
  kind: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  port: number,
): meta.Metadata {
  const value = { group, kind, name, namespace, port };
  return create(meta.MetadataSchema, { kind: { case: 'resource', value } });
}
