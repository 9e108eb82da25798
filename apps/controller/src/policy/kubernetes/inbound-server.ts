import { create } from '@bufbuild/protobuf';
import { inbound, toDuration } from '@tulle/proxy-api';
import { opaquePorts, parsePorts } from '../../platform/kubernetes/opaque-ports.ts';
import {
  accountName,
  defaultAuthorizations,
  POLICY_GROUP,
  probeAuthorization,
  routeAuthorizations,
  serverAuthorizations,
  type PolicyMesh,
} from './authorizations.ts';
import type {
  KeptPolicyPod,
  KeptRateLimit,
  KeptRoute,
  KeptServer,
  TargetRef,
} from './kept-policies.ts';
import { matchesSelector } from './match-selector.ts';
import type { PolicyObjects } from './policy-objects.ts';
import { toFilter, toGrpcMatches, toHostMatch, toHttpMatches } from './route-messages.ts';
import type { GrpcRouteSpec, HttpRouteSpec } from './route-spec.ts';

/** How long a proxy waits for the first bytes that say which protocol a connection speaks. Source: linkerd2 policy-controller. */
const DETECT_TIMEOUT_MS = 10_000;

/**
 * What a pod's proxy lets in at a port: by the Server that selects it (the oldest where several do), else by the default of the
 * pod, its namespace, or the mesh. Source: linkerd2 policy-controller/k8s/index/src/inbound/index.rs.
 */
export function inboundServer(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  pod: KeptPolicyPod,
  port: number,
): inbound.Server {
  const server = objects.within('servers', pod.namespace).find((each) => selects(each, pod, port));
  return server === undefined
    ? defaultServer(objects, mesh, pod, port)
    : serverOf(objects, mesh, server, pod, port);
}

function selects({ podSelector, port: wanted }: KeptServer, pod: KeptPolicyPod, port: number) {
  if (podSelector === null || !matchesSelector(podSelector, pod.labels)) return false;
  if (typeof wanted === 'number') return wanted === port;
  return pod.ports.some((each) => each.name === wanted && each.port === port);
}

function defaultServer(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  pod: KeptPolicyPod,
  port: number,
): inbound.Server {
  const namespace = objects.all.namespaces.get(pod.namespace);
  const names = pod.ports.find((each) => each.port === port)?.name;
  const said = pod.defaultPolicy ?? namespace?.defaultPolicy ?? mesh.defaultInboundPolicy;
  const identityPorts = parsePorts(pod.identityPorts ?? namespace?.identityPorts ?? '');
  const word = identityPorts.has(port, names) ? authenticatedForm(said) : said;
  const opaque = opaquePorts(pod.opaquePorts, namespace?.opaquePorts).has(port, names);
  return create(inbound.ServerSchema, {
    protocol: opaque
      ? { kind: { case: 'opaque', value: {} } }
      : {
          kind: {
            case: 'detect',
            value: { timeout: toDuration(DETECT_TIMEOUT_MS), httpRoutes: defaultRoutes(pod, port) },
          },
        },
    authorizations: defaultAuthorizations(word, mesh),
    labels: { group: '', kind: 'default', name: word },
  });
}

/** The same default for clients with an identity alone. */
function authenticatedForm(word: string): string {
  switch (word) {
    case 'all-unauthenticated':
    case 'audit':
      return 'all-authenticated';
    case 'cluster-unauthenticated':
      return 'cluster-authenticated';
    default:
      return word;
  }
}

function serverOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  server: KeptServer,
  pod: KeptPolicyPod,
  port: number,
): inbound.Server {
  return create(inbound.ServerSchema, {
    protocol: { kind: protocolOf(objects, mesh, server, pod, port) },
    authorizations: serverAuthorizations(objects, server, mesh),
    labels: { group: POLICY_GROUP, kind: 'server', name: server.name },
  });
}

function protocolOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  server: KeptServer,
  pod: KeptPolicyPod,
  port: number,
): inbound.ProxyProtocol['kind'] {
  switch (server.proxyProtocol) {
    case 'opaque':
      return { case: 'opaque', value: create(inbound.ProxyProtocol_OpaqueSchema) };
    case 'TLS':
      return { case: 'tls', value: create(inbound.ProxyProtocol_TlsSchema) };
    case 'gRPC': {
      const routes = grpcRoutesOf(objects, mesh, server);
      return { case: 'grpc', value: create(inbound.ProxyProtocol_GrpcSchema, { routes }) };
    }
    default:
      break;
  }
  const routes = httpRoutesOf(objects, mesh, server);
  const all = routes.length === 0 ? defaultRoutes(pod, port) : routes;
  const limit = rateLimitOf(objects, mesh, server);
  const localRateLimit = limit === null ? {} : { localRateLimit: limit };
  switch (server.proxyProtocol) {
    case 'HTTP/1': {
      const value = create(inbound.ProxyProtocol_Http1Schema, { routes: all, ...localRateLimit });
      return { case: 'http1', value };
    }
    case 'HTTP/2': {
      const value = create(inbound.ProxyProtocol_Http2Schema, { routes: all, ...localRateLimit });
      return { case: 'http2', value };
    }
    default:
      return {
        case: 'detect',
        value: create(inbound.ProxyProtocol_DetectSchema, {
          timeout: toDuration(DETECT_TIMEOUT_MS),
          httpRoutes: all,
          ...(limit === null ? {} : { httpLocalRateLimit: limit }),
        }),
      };
  }
}

/** Nothing where the kubelet asks for nothing: a proxy makes one route for everything by itself. */
function defaultRoutes({ probes }: KeptPolicyPod, port: number): inbound.HttpRoute[] {
  const asked = probes.filter((probe) => probe.port === port);
  const methods = new Map(asked.map(({ path, method }) => [path, method]));
  if (methods.size === 0) return [];
  const probe = create(inbound.HttpRouteSchema, {
    metadata: { kind: { case: 'default', value: 'probe' } },
    authorizations: [probeAuthorization()],
    rules: [
      {
        matches: [...methods].flatMap(([value, method]) =>
          toHttpMatches([{ path: { type: 'Exact', value }, method }]),
        ),
      },
    ],
  });
  const rest = create(inbound.HttpRouteSchema, {
    metadata: { kind: { case: 'default', value: 'default' } },
    rules: [{ matches: toHttpMatches(undefined) }],
  });
  return [probe, rest];
}

function httpRoutesOf(objects: PolicyObjects, mesh: PolicyMesh, server: KeptServer) {
  const { namespace } = server;
  const routes = [
    ...objects.within('policyhttproutes', namespace),
    ...objects.within('httproutes', namespace),
  ].filter((route) => isOf(route, server));
  return routes.map((route) =>
    create(inbound.HttpRouteSchema, {
      metadata: metadataOf(route),
      hosts: (route.spec.hostnames ?? []).map(toHostMatch),
      authorizations: routeAuthorizations(objects, mesh, route),
      rules: (route.spec.rules ?? []).map(({ matches, filters = [] }) => ({
        matches: toHttpMatches(matches),
        filters: filters.flatMap((spec) => {
          const kind = toFilter(spec);
          // Linkerd's inbound API has no message for changes to answers.
          return kind === null || kind.case === 'responseHeaderModifier' ? [] : [{ kind }];
        }),
      })),
    }),
  );
}

function grpcRoutesOf(objects: PolicyObjects, mesh: PolicyMesh, server: KeptServer) {
  return objects
    .within('grpcroutes', server.namespace)
    .filter((route) => isOf(route, server))
    .map((route) =>
      create(inbound.GrpcRouteSchema, {
        metadata: metadataOf(route),
        hosts: (route.spec.hostnames ?? []).map(toHostMatch),
        authorizations: routeAuthorizations(objects, mesh, route),
        rules: (route.spec.rules ?? []).map(({ matches, filters = [] }) => ({
          matches: toGrpcMatches(matches),
          filters: filters.flatMap((spec) => {
            const kind = toFilter(spec);
            return kind?.case === 'requestHeaderModifier' ? [{ kind }] : [];
          }),
        })),
      }),
    );
}

function isOf({ parents }: KeptRoute<HttpRouteSpec | GrpcRouteSpec>, server: KeptServer): boolean {
  return parents.some(
    ({ group, kind, name, namespace }) =>
      group === POLICY_GROUP &&
      kind === 'Server' &&
      name === server.name &&
      namespace === server.namespace,
  );
}

function metadataOf({ group, kind, name, namespace }: KeptRoute<unknown>) {
  return { kind: { case: 'resource', value: { group, kind, name, namespace } } } as const;
}

/** The oldest limit that is set on the Server. */
function rateLimitOf(objects: PolicyObjects, mesh: PolicyMesh, server: KeptServer) {
  const { namespace, name } = server;
  const limit = objects
    .within('httplocalratelimitpolicies', namespace)
    .find(({ target }) => target.kind === 'Server' && target.name === name);
  return limit === undefined ? null : toRateLimit(limit, mesh);
}

function toRateLimit(limit: KeptRateLimit, mesh: PolicyMesh): inbound.HttpLocalRateLimit {
  const { namespace, name, total, identity, overrides } = limit;
  const kind = 'httplocalratelimitpolicy';
  const clientsOf = (clients: readonly TargetRef[]) =>
    clients.map((client) => ({ name: accountName(client, mesh) }));
  return create(inbound.HttpLocalRateLimitSchema, {
    metadata: { kind: { case: 'resource', value: { group: POLICY_GROUP, kind, name, namespace } } },
    ...(total === null ? {} : { total: { requestsPerSecond: total } }),
    ...(identity === null ? {} : { identity: { requestsPerSecond: identity } }),
    overrides: overrides.map(({ requestsPerSecond, clients }) => ({
      limit: { requestsPerSecond },
      clients: { identities: clientsOf(clients) },
    })),
  });
}
