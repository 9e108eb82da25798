import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { ServiceRef } from '@tulle/model';
import type { DiscoverySource } from '../../destination/discovery-source.ts';
import { createClusterObjects, type ClusterObjects } from './cluster-objects.ts';
import { createKubernetesSource } from './discovery-source.ts';
import { keepPod, type Pod } from './keep/keep-pod.ts';
import { keepNamespace, keepService, keepSlice } from './keep/keep-service.ts';
import { keepReplicaSet } from './keep/keep-workload.ts';

const WEB: ServiceRef = { kind: 'service', namespace: 'shop', name: 'web' };
const IDENTITY = 'web.shop.serviceaccount.identity.tulle.cluster.local';

let objects: ClusterObjects;
let source: DiscoverySource;

beforeEach(() => {
  objects = createClusterObjects();
  source = createKubernetesSource({
    objects,
    isReady: () => true,
    onReady: () => () => undefined,
    controlPlaneNamespace: 'tulle',
    trustDomain: 'cluster.local',
  });
  objects.put('namespaces', 'shop', keepNamespace({ metadata: { name: 'shop' } }));
  objects.put(
    'replicasets',
    'shop/web-1',
    keepReplicaSet({
      metadata: {
        namespace: 'shop',
        name: 'web-1',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: '', controller: true },
        ],
      },
    }),
  );
  putService({});
});

function putService(spec: object, annotations: Record<string, string> = {}): void {
  const service = {
    metadata: { namespace: 'shop', name: 'web', annotations },
    spec: {
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      ...spec,
    },
  };
  objects.put('services', 'shop/web', keepService(service as never));
}

interface PodOptions {
  readonly meshed?: boolean;
  readonly controlPlane?: string;
  readonly annotations?: Record<string, string>;
  readonly hostPort?: number;
}

function putPod(name: string, ip: string, options: PodOptions = {}): void {
  const { meshed = true, controlPlane = 'tulle', annotations = {}, hostPort } = options;
  const proxy = {
    name: 'linkerd-proxy',
    image: 'proxy:1',
    env: [{ name: 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR', value: '0.0.0.0:4999' }],
  };
  const pod = {
    metadata: {
      namespace: 'shop',
      name,
      annotations,
      labels: {
        'pod-template-hash': 'abc',
        ...(meshed ? { 'linkerd.io/control-plane-ns': controlPlane } : {}),
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: '', controller: true },
      ],
    },
    spec: {
      serviceAccountName: 'web',
      containers: [
        {
          name: 'app',
          ports: [
            { name: 'http', containerPort: 8080, ...(hostPort === undefined ? {} : { hostPort }) },
          ],
        },
        ...(meshed ? [proxy] : []),
      ],
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '192.168.0.1',
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
  objects.put('pods', `shop/${name}`, keepPod(pod as unknown as Pod));
}

interface EndpointOptions {
  readonly pod?: string;
  readonly ready?: boolean | undefined;
  readonly hostname?: string;
  readonly node?: string;
  readonly zone?: string;
}

function putSlice(
  name: string,
  endpoints: Record<string, EndpointOptions>,
  options: { family?: string; port?: number; portName?: string } = {},
): void {
  const { family = 'IPv4', port = 8080, portName = 'http' } = options;
  const slice = keepSlice({
    metadata: {
      namespace: 'shop',
      name,
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: family,
    ports: [{ name: portName, port, protocol: 'TCP' }],
    endpoints: Object.entries(endpoints).map(([address, each]) => ({
      addresses: [address],
      conditions: each.ready === undefined ? {} : { ready: each.ready },
      ...(each.pod === undefined ? {} : { targetRef: { kind: 'Pod', name: each.pod } }),
      ...(each.hostname === undefined ? {} : { hostname: each.hostname }),
      ...(each.node === undefined ? {} : { nodeName: each.node }),
      ...(each.zone === undefined ? {} : { zone: each.zone }),
    })),
  });
  assert.ok(slice !== null);
  objects.put('endpointslices', `shop/${name}`, slice);
}

function addresses(
  query: { port?: number; instance?: string; clientNode?: string } = {},
): string[] {
  const { port = 80, instance = null, clientNode = '' } = query;
  return [...source.endpoints({ service: WEB, port, instance, clientNode }).keys()];
}

test("an endpoint has Linkerd's labels, the identity of its service account and the hint for two proxies", () => {
  putPod('web-a', '10.1.0.1');
  putSlice('web-s', { '10.1.0.1': { pod: 'web-a', zone: 'west' } });
  const query = { service: WEB, port: 80, instance: null, clientNode: '' };
  assert.deepEqual(source.endpoints(query).get('10.1.0.1:8080'), {
    address: '10.1.0.1:8080',
    identity: IDENTITY,
    protocolHint: 'h2',
    opaqueTransportPort: null,
    labels: {
      control_plane_ns: 'tulle',
      deployment: 'web',
      pod: 'web-a',
      serviceaccount: 'web',
      pod_template_hash: 'abc',
      zone: 'west',
    },
  });
});

test('a pod outside the mesh has no identity; one of another control plane is hinted, but not trusted', () => {
  putPod('plain', '10.1.0.1', { meshed: false });
  putPod('other', '10.1.0.2', { controlPlane: 'linkerd' });
  putSlice('web-s', { '10.1.0.1': { pod: 'plain' }, '10.1.0.2': { pod: 'other' } });
  const [plain, other] = [
    ...source.endpoints({ service: WEB, port: 80, instance: null, clientNode: '' }).values(),
  ];
  assert.deepEqual([plain?.identity, plain?.protocolHint], [null, 'none']);
  assert.deepEqual([other?.identity, other?.protocolHint], [null, 'h2']);
});

test('only ready endpoints are told; a condition that is not said counts as ready', () => {
  for (const [index, name] of ['a', 'b', 'c'].entries()) putPod(name, `10.1.0.${index}`);
  putSlice('web-s', {
    '10.1.0.0': { pod: 'a', ready: true },
    '10.1.0.1': { pod: 'b', ready: false },
    '10.1.0.2': { pod: 'c' },
  });
  assert.deepEqual(addresses(), ['10.1.0.0:8080', '10.1.0.2:8080']);
});

test('a pod that was not seen yet is not told: it would be spoken to in plain text', () => {
  putSlice('web-s', { '10.1.0.1': { pod: 'late' } });
  assert.deepEqual(addresses(), []);
  putPod('late', '10.1.0.1');
  assert.deepEqual(addresses(), ['10.1.0.1:8080']);
});

test('slices are put together, of the family of the service only, each with the port it has', () => {
  putPod('a', '10.1.0.1');
  putPod('b', '10.1.0.2');
  putSlice('one', { '10.1.0.1': { pod: 'a' } });
  putSlice('two', { '10.1.0.2': { pod: 'b' } }, { port: 9090 });
  putSlice('six', { 'fd00::1': { pod: 'a' } }, { family: 'IPv6' });
  assert.deepEqual(addresses(), ['10.1.0.1:8080', '10.1.0.2:9090']);
  objects.remove('endpointslices', 'shop/one');
  assert.deepEqual(addresses(), ['10.1.0.2:9090']);
});

test('a port that the service does not name is itself; a name that no slice has leads nowhere', () => {
  putPod('a', '10.1.0.1');
  putSlice('web-s', { '10.1.0.1': { pod: 'a' } });
  assert.deepEqual(addresses({ port: 5000 }), ['10.1.0.1:5000']);
  putSlice('web-s', { '10.1.0.1': { pod: 'a' } }, { portName: 'other' });
  assert.deepEqual(addresses(), []);
});

test('addresses that are no pods are told as they are', () => {
  putSlice('web-s', { '203.0.113.5': {} });
  assert.deepEqual(addresses(), ['203.0.113.5:8080']);
});

test("a StatefulSet's pod is found by its name in DNS", () => {
  putPod('web-0', '10.1.0.1');
  putPod('web-1', '10.1.0.2');
  putSlice('web-s', {
    '10.1.0.1': { pod: 'web-0', hostname: 'web-0' },
    '10.1.0.2': { pod: 'web-1', hostname: 'web-1' },
  });
  assert.deepEqual(addresses({ instance: 'web-1' }), ['10.1.0.2:8080']);
  assert.deepEqual(addresses({ instance: 'web-9' }), []);
});

test("a service with local traffic keeps to the client's node", () => {
  putService({ internalTrafficPolicy: 'Local' });
  putPod('a', '10.1.0.1');
  putPod('b', '10.1.0.2');
  putSlice('web-s', {
    '10.1.0.1': { pod: 'a', node: 'n1' },
    '10.1.0.2': { pod: 'b', node: 'n2' },
  });
  assert.deepEqual(addresses({ clientNode: 'n2' }), ['10.1.0.2:8080']);
  assert.deepEqual(addresses(), ['10.1.0.1:8080', '10.1.0.2:8080']);
});

test('opaque ports come from the service, else the namespace, else Linkerd; names and ranges count', () => {
  assert.equal(source.isOpaque(WEB, 80), false);
  putService({ ports: [{ name: 'db', port: 5432 }] });
  assert.equal(source.isOpaque(WEB, 5432), true);
  const namespace = (ports: string): void =>
    objects.put(
      'namespaces',
      'shop',
      keepNamespace({
        metadata: { name: 'shop', annotations: { 'config.linkerd.io/opaque-ports': ports } },
      }),
    );
  namespace('80-81');
  assert.deepEqual([source.isOpaque(WEB, 80), source.isOpaque(WEB, 5432)], [true, false]);
  putService({}, { 'config.linkerd.io/opaque-ports': 'http' });
  assert.equal(source.isOpaque(WEB, 80), true);
  putService({}, { 'config.linkerd.io/opaque-ports': '' });
  assert.equal(source.isOpaque(WEB, 80), false);
});

test('an opaque port goes to the inbound port of the proxy; a port that goes past it has no identity', () => {
  putPod('a', '10.1.0.1', { annotations: { 'config.linkerd.io/opaque-ports': 'http' } });
  putPod('b', '10.1.0.2', { annotations: { 'config.linkerd.io/skip-inbound-ports': '8000-8090' } });
  putSlice('web-s', { '10.1.0.1': { pod: 'a' }, '10.1.0.2': { pod: 'b' } });
  const [opaque, skipped] = [
    ...source.endpoints({ service: WEB, port: 80, instance: null, clientNode: '' }).values(),
  ];
  assert.deepEqual([opaque?.protocolHint, opaque?.opaqueTransportPort], ['opaque', 4999]);
  assert.deepEqual([skipped?.protocolHint, skipped?.identity], ['none', null]);
});

test('addresses: a cluster IP is its service, a pod IP its pod, a host port the pod behind it, others nobody', () => {
  putPod('a', '10.1.0.1', { hostPort: 30_080 });
  assert.deepEqual(source.serviceByIp('10.96.0.9'), WEB);
  assert.equal(source.address('10.1.0.1', 8080).endpoint?.labels['pod'], 'a');
  assert.equal(source.address('192.168.0.1', 30_080).endpoint?.labels['pod'], 'a');
  assert.deepEqual(source.address('8.8.8.8', 3306), { endpoint: null, opaque: true });
  assert.deepEqual(source.address('8.8.8.8', 80), { endpoint: null, opaque: false });
  objects.remove('pods', 'shop/a');
  assert.equal(source.address('10.1.0.1', 8080).endpoint, null);
});

test('an ExternalName service is told apart, an unknown one is unknown', () => {
  putService({ type: 'ExternalName', clusterIP: '', clusterIPs: [] });
  assert.equal(source.kindOf(WEB), 'external');
  objects.remove('services', 'shop/web');
  assert.equal(source.kindOf(WEB), null);
});

test('a change wakes those it concerns and nobody else, and a set that did not change is the same object', () => {
  putPod('a', '10.1.0.1');
  putSlice('web-s', { '10.1.0.1': { pod: 'a' } });
  const heard: string[] = [];
  source.onService(WEB)(() => heard.push('web'));
  source.onService({ ...WEB, name: 'other' })(() => heard.push('other'));
  source.onAddress('10.1.0.1')(() => heard.push('10.1.0.1'));
  source.onAddress('10.96.0.9')(() => heard.push('10.96.0.9'));
  const query = { service: WEB, port: 80, instance: null, clientNode: '' };
  const before = source.endpoints(query);
  objects.put('deployments', 'shop/x', {} as never);
  assert.equal(source.endpoints(query), before);
  assert.equal(heard.length, 0);
  putSlice('web-s', {});
  assert.deepEqual(heard.splice(0), ['web', '10.96.0.9']);
  assert.notEqual(source.endpoints(query), before);
  putPod('a', '10.1.0.1', { meshed: false });
  assert.ok(heard.includes('10.1.0.1') && !heard.includes('other'));
});

test("the workload's name is told once its ReplicaSet is seen", () => {
  objects.remove('replicasets', 'shop/web-1');
  putPod('a', '10.1.0.1');
  putSlice('web-s', { '10.1.0.1': { pod: 'a' } });
  const labels = (): Readonly<Record<string, string>> | undefined =>
    source
      .endpoints({ service: WEB, port: 80, instance: null, clientNode: '' })
      .get('10.1.0.1:8080')?.labels;
  assert.equal(labels()?.['replicaset'], 'web-1');
  let heard = 0;
  source.onService(WEB)(() => {
    heard += 1;
  });
  objects.put('replicasets', 'shop/web-1', {
    kind: 'ReplicaSet',
    owner: { kind: 'Deployment', name: 'web' },
    templateHash: 'abc',
    revision: 1,
    workload: null,
  });
  assert.equal(heard, 1);
  assert.equal(labels()?.['deployment'], 'web');
});
