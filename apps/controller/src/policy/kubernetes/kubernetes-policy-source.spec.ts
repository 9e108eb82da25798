import assert from 'node:assert/strict';
import { formatIdentityName } from '@tulle/pki';
import type { inbound, outbound } from '@tulle/proxy-api';
import { test } from 'node:test';
import type { PolicyMesh } from './authorizations.ts';
import { createKubernetesPolicySource } from './kubernetes-policy-source.ts';
import type { PolicyKind } from './kept-policies.ts';
import { policyCollections } from './policy-collections.ts';
import { createPolicyObjects } from './policy-objects.ts';

const identityOf: PolicyMesh['identityOf'] = ({ namespace, name }) =>
  formatIdentityName({
    serviceAccount: name,
    namespace,
    controlPlaneNamespace: 'tulle',
    trustDomain: 'cluster.local',
  });
const MESH: PolicyMesh = {
  defaultInboundPolicy: 'all-unauthenticated',
  clusterNetworks: ['10.0.0.0/8'],
  clusterDomain: 'cluster.local',
  identityOf,
};

type Given = readonly [PolicyKind, object];

/** A cluster of objects as the API server would give them. */
function clusterOf(...given: readonly Given[]) {
  const objects = createPolicyObjects();
  const collections = policyCollections(MESH);
  const put = (kind: PolicyKind, object: object): void => {
    const { namespace, name } = (object as { metadata: { namespace?: string; name: string } })
      .metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    objects.put(kind, key, collections[kind].keep(object as never) as never);
  };
  for (const [kind, object] of given) put(kind, object);
  const source = createKubernetesPolicySource({
    objects,
    mesh: MESH,
    isReady: () => true,
    onReady: () => () => undefined,
  });
  return { objects, source, put };
}

const meta = (name: string, more: object = {}) => ({ namespace: 'demo', name, ...more });
const pod = (more: object = {}, annotations: object = {}) =>
  [
    'pods',
    {
      metadata: meta('web-1', { labels: { app: 'web' }, annotations }),
      spec: {
        containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }], ...more }],
      },
    },
  ] as const;
const NAMESPACE = ['namespaces', { metadata: { name: 'demo' } }] as const;
const SERVER = [
  'servers',
  {
    metadata: meta('web-http', {
      labels: { tier: 'front' },
      creationTimestamp: '2026-01-01T00:00:00Z',
    }),
    spec: { podSelector: { matchLabels: { app: 'web' } }, port: 'http', proxyProtocol: 'HTTP/1' },
  },
] as const;
const SERVICE = [
  'services',
  {
    metadata: meta('web-svc'),
    spec: { clusterIPs: ['10.96.0.7'], ports: [{ port: 80 }, { port: 3306 }] },
  },
] as const;

function namesOf(server: inbound.Server | null): readonly unknown[] {
  return (server?.authorizations ?? []).map(({ labels, authentication }) => {
    const { permit } = authentication ?? {};
    if (permit?.case !== 'meshTLS') return [labels['name'], permit?.case];
    const { clients } = permit.value;
    if (clients.case !== 'identities') return [labels['name'], clients.case];
    const { identities, suffixes } = clients.value;
    return [
      labels['name'],
      ...identities.map(({ name }) => name),
      ...suffixes.map(({ parts }) => ['*', ...parts].join('.')),
    ];
  });
}

test('a port that no Server selects has the default of its pod, its namespace, or the mesh', () => {
  const word = 'config.linkerd.io/default-inbound-policy';
  const at = (...given: readonly Given[]) =>
    clusterOf(...given).source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080)?.labels['name'];
  const strict = [
    'namespaces',
    { metadata: { name: 'demo', annotations: { [word]: 'deny' } } },
  ] as const;
  assert.equal(at(NAMESPACE, pod()), 'all-unauthenticated');
  assert.equal(at(strict, pod()), 'deny');
  assert.equal(at(strict, pod({}, { [word]: 'cluster-authenticated' })), 'cluster-authenticated');
});

test('a denying port still answers the kubelet, at its paths alone', () => {
  const probe = { readinessProbe: { httpGet: { path: '/ready?full=1', port: 'http' } } };
  const { source } = clusterOf(
    NAMESPACE,
    pod(probe, { 'config.linkerd.io/default-inbound-policy': 'deny' }),
  );
  const server = source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080);
  assert.deepEqual(namesOf(server), []);
  assert.equal(server?.protocol?.kind.case, 'detect');
  const routes = server.protocol.kind.value.httpRoutes;
  assert.deepEqual(
    routes.map(({ metadata, authorizations }) => [metadata?.kind.value, authorizations.length]),
    [
      ['probe', 1],
      ['default', 0],
    ],
  );
  assert.deepEqual(routes[0]?.rules[0]?.matches[0]?.path?.kind, { case: 'exact', value: '/ready' });
});

test('gRPC probes get through too', () => {
  const probe = { livenessProbe: { grpc: { port: 8080 } } };
  const deny = { 'config.linkerd.io/default-inbound-policy': 'deny' };
  const { source } = clusterOf(NAMESPACE, pod(probe, deny));
  const server = source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080);
  assert.ok(server?.protocol?.kind.case === 'detect');
  const match = server.protocol.kind.value.httpRoutes[0]?.rules[0]?.matches[0];
  assert.equal(match?.path?.kind.value, '/grpc.health.v1.Health/Check');
});

test('ports that require an identity take nobody without one, by the pod or its namespace', () => {
  const ports = { 'config.linkerd.io/proxy-require-identity-inbound-ports': '8080-8081' };
  const { source, put } = clusterOf(NAMESPACE, pod({}, ports));
  const at = (port: number): string | undefined =>
    source.inbound({ namespace: 'demo', pod: 'web-1' }, port)?.labels['name'];
  assert.equal(at(8081), 'all-authenticated');
  assert.equal(at(8082), 'all-unauthenticated');
  const deny = { 'config.linkerd.io/default-inbound-policy': 'cluster-unauthenticated' };
  put(...pod({}, { ...ports, ...deny }));
  assert.equal(at(8080), 'cluster-authenticated');
});

test('a Server closes its port to all but those its authorizations name', () => {
  const { source, put } = clusterOf(NAMESPACE, pod(), SERVER);
  const look = () => source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080);
  assert.deepEqual(look()?.labels, {
    group: 'policy.linkerd.io',
    kind: 'server',
    name: 'web-http',
  });
  assert.deepEqual(namesOf(look()), []);

  put('serverauthorizations', {
    metadata: meta('by-account'),
    spec: {
      server: {
        selector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }] },
      },
      client: {
        meshTLS: { serviceAccounts: [{ name: 'bot' }], identities: ['*.trusted.example'] },
      },
    },
  });
  put('meshtlsauthentications', {
    metadata: meta('friends'),
    spec: { identityRefs: [{ kind: 'Namespace', name: 'ops' }] },
  });
  put('authorizationpolicies', {
    metadata: meta('from-ops'),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web-http' },
      requiredAuthenticationRefs: [
        { group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'friends' },
      ],
    },
  });
  put('authorizationpolicies', {
    metadata: meta('leads-nowhere'),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web-http' },
      requiredAuthenticationRefs: [{ kind: 'NetworkAuthentication', name: 'missing' }],
    },
  });
  assert.deepEqual(namesOf(look()), [
    ['by-account', identityOf({ namespace: 'demo', name: 'bot' }), '*.trusted.example'],
    ['from-ops', '*.ops.serviceaccount.identity.tulle.cluster.local'],
  ]);
});

test('the oldest of two Servers that select a port has it', () => {
  const newer = {
    metadata: meta('a-newer', { creationTimestamp: '2026-02-01T00:00:00Z' }),
    spec: { podSelector: {}, port: 8080 },
  };
  const { source } = clusterOf(NAMESPACE, pod(), ['servers', newer], SERVER);
  const server = source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080);
  assert.equal(server?.labels['name'], 'web-http');
  assert.equal(
    source.inbound({ namespace: 'demo', pod: 'web-1' }, 9090)?.labels['kind'],
    'default',
  );
});

test('a Server has its routes, their authorizations, and its rate limit', () => {
  const { source } = clusterOf(
    NAMESPACE,
    pod(),
    SERVER,
    [
      'policyhttproutes',
      {
        metadata: meta('admin'),
        spec: {
          parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', name: 'web-http' }],
          hostnames: ['*.shop.example'],
          rules: [{ matches: [{ path: { type: 'Exact', value: '/admin' }, method: 'POST' }] }],
        },
      },
    ],
    [
      'networkauthentications',
      { metadata: meta('office'), spec: { networks: [{ cidr: '10.1.0.0/16' }] } },
    ],
    [
      'authorizationpolicies',
      {
        metadata: meta('admin-from-office'),
        spec: {
          targetRef: { group: 'policy.linkerd.io', kind: 'HTTPRoute', name: 'admin' },
          requiredAuthenticationRefs: [{ kind: 'NetworkAuthentication', name: 'office' }],
        },
      },
    ],
    [
      'httplocalratelimitpolicies',
      {
        metadata: meta('slow'),
        spec: {
          targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web-http' },
          total: { requestsPerSecond: 100 },
          overrides: [
            { requestsPerSecond: 5, clientRefs: [{ kind: 'ServiceAccount', name: 'bot' }] },
          ],
        },
      },
    ],
  );
  const kind = source.inbound({ namespace: 'demo', pod: 'web-1' }, 8080)?.protocol?.kind;
  assert.equal(kind?.case, 'http1');
  const [route] = kind.value.routes;
  assert.deepEqual(route?.hosts[0]?.match.value, {
    $typeName: 'io.linkerd.proxy.http_route.HostMatch.Suffix',
    reverseLabels: ['example', 'shop'],
  });
  assert.equal(route.authorizations[0]?.labels['name'], 'admin-from-office');
  assert.equal(route.authorizations[0].networks[0]?.net?.prefixLen, 16);
  assert.equal(kind.value.localRateLimit?.total?.requestsPerSecond, 100);
  const [override] = kind.value.localRateLimit.overrides;
  assert.equal(
    override?.clients?.identities[0]?.name,
    identityOf({ namespace: 'demo', name: 'bot' }),
  );
});

function httpOf(policy: outbound.OutboundPolicy | null) {
  const kind = policy?.protocol?.kind;
  assert.equal(kind?.case, 'detect');
  return kind.value.http1;
}

test('a service is balanced over its endpoints, with what its annotations say', () => {
  const { source } = clusterOf(NAMESPACE, [
    'services',
    {
      metadata: meta('web-svc', {
        annotations: {
          'retry.linkerd.io/http': '5xx,429',
          'retry.linkerd.io/limit': '2',
          'timeout.linkerd.io/request': '250ms',
          'balancer.linkerd.io/failure-accrual': 'consecutive',
        },
      }),
      spec: SERVICE[1].spec,
    },
  ]);
  const target = { host: '10.96.0.7', port: 80, clientNamespace: 'demo' };
  const http = httpOf(source.outbound(target));
  const rule = http?.routes[0]?.rules[0];
  assert.deepEqual(
    rule?.retry?.conditions?.statusRanges.map(({ start, end }) => [start, end]),
    [
      [500, 599],
      [429, 429],
    ],
  );
  assert.equal(rule.retry.maxRetries, 2);
  assert.equal(rule.timeouts?.request?.nanos, 250_000_000);
  assert.equal(http?.failureAccrual?.kind.case, 'consecutiveFailures');
  assert.equal(rule.backends?.kind.case, 'firstAvailable');
  const backend = rule.backends.kind.value.backends[0]?.backend?.kind;
  assert.equal(backend?.case, 'balancer');
  assert.equal(backend.value.discovery?.kind.value?.path, 'web-svc.demo.svc.cluster.local:80');
  const byName = { host: 'web-svc.demo.svc.cluster.local', port: 3306, clientNamespace: '' };
  assert.equal(source.outbound(byName)?.protocol?.kind.case, 'opaque');
  assert.equal(source.outbound({ ...target, host: '10.96.0.8' }), null);
});

test("a route splits by weight; the client's own namespace goes first; a missing backend says so", () => {
  const parentRefs = [
    { group: 'core', kind: 'Service', name: 'web-svc', namespace: 'demo', port: 80 },
  ];
  const { source } = clusterOf(
    NAMESPACE,
    SERVICE,
    [
      'httproutes',
      {
        metadata: meta('split'),
        spec: {
          parentRefs,
          rules: [
            {
              backendRefs: [
                { name: 'web-svc', port: 80, weight: 9 },
                { name: 'web-next', port: 80, weight: 1 },
              ],
              timeouts: { request: '1s' },
            },
          ],
        },
      },
    ],
    [
      'httproutes',
      {
        metadata: { namespace: 'client', name: 'mine' },
        spec: { parentRefs, rules: [{ matches: [{ path: { value: '/mine' } }] }] },
      },
    ],
  );
  const at = (port: number, clientNamespace: string) =>
    httpOf(source.outbound({ host: '10.96.0.7', port, clientNamespace }));
  const rule = at(80, 'demo')?.routes[0]?.rules[0];
  assert.equal(rule?.backends?.kind.case, 'randomAvailable');
  assert.deepEqual(
    rule.backends.kind.value.backends.map(({ weight, backend }) => [
      weight,
      backend?.filters.map(({ kind }) => kind.case),
    ]),
    [
      [9, []],
      [1, ['failureInjector']],
    ],
  );
  assert.equal(at(80, 'client')?.routes[0]?.rules[0]?.matches[0]?.path?.kind.value, '/mine');
});

test('who watches a pod hears of its policies, who watches a service of its routes', () => {
  const { source, put, objects } = clusterOf(NAMESPACE, pod(), SERVICE);
  const heard: string[] = [];
  const stops = [
    source.onInbound({ namespace: 'demo', pod: 'web-1' })(() => heard.push('pod')),
    source.onOutbound({ host: '10.96.0.7', port: 80, clientNamespace: '' })(() =>
      heard.push('service'),
    ),
  ];
  put(...SERVER);
  assert.deepEqual(heard.splice(0), ['pod', 'service']);
  put(...pod({}, { 'config.linkerd.io/opaque-ports': '8080' }));
  assert.deepEqual(heard.splice(0), ['pod']);
  const protocol = source.inbound({ namespace: 'demo', pod: 'web-1' }, 9999)?.protocol?.kind.case;
  assert.equal(protocol, 'detect');
  objects.remove('services', 'demo/web-svc');
  assert.deepEqual(heard.splice(0), ['service']);
  for (const stop of stops) stop();
  put(...SERVICE);
  assert.deepEqual(heard, []);
});
