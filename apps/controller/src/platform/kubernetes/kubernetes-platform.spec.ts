import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { TulleError, type PlatformState, type WorkloadRef } from '@tulle/model';
import { createKubernetesApi, type KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { Platform } from '../platform.ts';
import { createClusterObjects, type ClusterObjects } from './cluster-objects.ts';
import { keepPod, type Pod } from './keep/keep-pod.ts';
import { keepDeployment, keepReplicaSet } from './keep/keep-workload.ts';
import { keepNamespace, keepService, keepSlice } from './keep/keep-service.ts';
import { createKubernetesPlatform } from './kubernetes-platform.ts';

const WEB: WorkloadRef = { kind: 'deployment', namespace: 'shop', name: 'web' };
const AT_MS = Date.parse('2026-11-25T04:00:00Z');

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly who: string | undefined;
  readonly body: unknown;
}

let asked: Asked[];
/** What the API server answers next. */
let answer: { readonly status: number; readonly body: unknown };
let server: Server;
let api: KubernetesApi;
let objects: ClusterObjects;
let platform: Platform;

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: {} };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      asked.push({
        method: request.method ?? '',
        path: request.url ?? '',
        who: request.headers.authorization,
        body: text === '' ? null : JSON.parse(text),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  api = createKubernetesApi({
    server: `http://127.0.0.1:${port}`,
    options: async () => ({ headers: { authorization: 'Bearer role' } }),
  });
  objects = createClusterObjects();
  platform = createKubernetesPlatform({
    api,
    objects,
    watch: {
      waitingFor: () => null,
      isReady: () => true,
      connected: () => true,
      onChange: () => () => undefined,
      close: async () => undefined,
    },
    trustDomain: 'cluster.local',
    now: () => AT_MS,
  });
  objects.put('namespaces', 'shop', keepNamespace({ metadata: { name: 'shop' } }));
});

afterEach(async () => {
  platform.close();
  api.close();
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
});

/** The snapshot that comes after what was put. */
function snapshot(): Promise<PlatformState> {
  return new Promise((resolve) => {
    const stop = platform.onChange(() => {
      stop();
      resolve(platform.state());
    });
  });
}

interface Status {
  readonly updated?: number;
  readonly available?: number;
  readonly present?: number;
  readonly conditions?: readonly object[];
}

function putDeployment(status: Status, annotations: Record<string, string> = {}): void {
  const { updated = 2, available = 2, present = 2, conditions = [] } = status;
  const deployment = {
    metadata: { namespace: 'shop', name: 'web', generation: 3 },
    spec: {
      replicas: 2,
      template: {
        metadata: { annotations },
        spec: {
          serviceAccountName: 'web',
          containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }],
        },
      },
    },
    status: {
      observedGeneration: 3,
      updatedReplicas: updated,
      availableReplicas: available,
      replicas: present,
      conditions,
    },
  };
  objects.put('deployments', 'shop/web', keepDeployment(deployment as never));
}

function putReplicaSet(name: string, revision: number): void {
  const replicaSet = {
    metadata: {
      namespace: 'shop',
      name,
      labels: { 'pod-template-hash': name },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: '', controller: true },
      ],
    },
  };
  objects.put('replicasets', `shop/${name}`, keepReplicaSet(replicaSet as never));
}

function putPod(name: string, replicaSet: string, status: object): void {
  const pod = {
    metadata: {
      namespace: 'shop',
      name,
      labels: { 'pod-template-hash': replicaSet, 'linkerd.io/control-plane-ns': 'tulle' },
      annotations: { 'linkerd.io/proxy-version': '0.1.0' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid: '', controller: true },
      ],
    },
    spec: {
      serviceAccountName: 'web',
      containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }],
      initContainers: [{ name: 'linkerd-proxy', restartPolicy: 'Always' }],
    },
    status: { phase: 'Running', podIP: '10.1.0.1', ...status },
  };
  objects.put('pods', `shop/${name}`, keepPod(pod as unknown as Pod));
}

const READY = {
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'app', ready: true, restartCount: 0 }],
  initContainerStatuses: [{ name: 'linkerd-proxy', ready: true, restartCount: 0 }],
};
const PULL_FAILS = {
  phase: 'Pending',
  containerStatuses: [
    {
      name: 'app',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
    },
  ],
};

test('a pod is an instance of the workload people know, with its own addresses', async () => {
  putDeployment({});
  putReplicaSet('web-1', 1);
  putPod('web-1-a', 'web-1', READY);
  const { instances, workloads } = await snapshot();
  assert.deepEqual(instances[0]?.workload, WEB);
  assert.deepEqual(instances[0]?.proxy, {
    identity: 'web.shop.serviceaccount.identity.tulle.cluster.local',
    adminAddress: '10.1.0.1:4191',
    tapAddress: '10.1.0.1:4190',
    version: '0.1.0',
    ready: true,
  });
  assert.equal(instances[0]?.endpoints[0]?.address, '10.1.0.1:8080');
  assert.equal(workloads[0]?.inject, 'disabled');
});

test('many changes make one snapshot, and what did not change is the same object', async () => {
  putReplicaSet('web-1', 1);
  for (const name of ['a', 'b', 'c']) putPod(name, 'web-1', READY);
  const before = await snapshot();
  putPod('a', 'web-1', PULL_FAILS);
  putPod('a', 'web-1', READY);
  const after = await snapshot();
  assert.equal(after.revision, before.revision + 1);
  assert.equal(after.instances[1], before.instances[1]);
});

test("a service's workloads are those of its endpoints, several or none", async () => {
  putReplicaSet('web-1', 1);
  putPod('a', 'web-1', READY);
  for (const name of ['web', 'outside']) {
    const service = {
      metadata: { namespace: 'shop', name },
      spec: { clusterIP: 'None', ports: [] },
    };
    objects.put('services', `shop/${name}`, keepService(service as never));
    const slice = keepSlice({
      metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [
        name === 'web'
          ? { addresses: ['10.1.0.1'], targetRef: { kind: 'Pod', name: 'a' } }
          : { addresses: ['203.0.113.1'] },
      ],
    });
    assert.ok(slice !== null);
    objects.put('endpointslices', `shop/${name}`, slice);
  }
  const { services } = await snapshot();
  assert.deepEqual(
    services.map(({ ref, workloads, clusterIp }) => [ref.name, workloads.length, clusterIp]),
    [
      ['web', 1, null],
      ['outside', 0, null],
    ],
  );
});

test('injection is one patch of the template, on behalf of whoever asked', async () => {
  putDeployment({});
  await snapshot();
  const rollout = await platform.setInject(WEB, 'enabled', { authorization: 'Bearer person' });
  assert.deepEqual([rollout.cause, rollout.step, rollout.total], ['inject', 'starting', 2]);
  assert.deepEqual(asked, [
    {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/web',
      who: 'Bearer person',
      body: {
        spec: {
          template: {
            metadata: {
              annotations: {
                'kubectl.kubernetes.io/restartedAt': '2026-11-25T04:00:00Z',
                'tulle/rollout-cause': 'inject 2026-11-25T04:00:00Z',
                'linkerd.io/inject': 'enabled',
              },
            },
          },
        },
      },
    },
  ]);
});

test("the API server's refusal arrives in its own words", async () => {
  const message = 'deployments.apps "web" is forbidden: User "ann" cannot patch resource';
  answer = { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message } };
  await assert.rejects(platform.restart(WEB), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'permission_denied');
    return error.message.includes(message);
  });
});

const ASKED = {
  'kubectl.kubernetes.io/restartedAt': '2026-11-25T03:59:00Z',
  'tulle/rollout-cause': 'inject 2026-11-25T03:59:00Z',
  'linkerd.io/inject': 'enabled',
};

test('progress counts ready pods of the newest template, until the old ones are gone', async () => {
  putReplicaSet('web-1', 1);
  putReplicaSet('web-2', 2);
  putPod('old', 'web-1', READY);
  putPod('new', 'web-2', READY);
  putDeployment({ updated: 1, available: 2, present: 2 }, ASKED);
  const [running] = (await snapshot()).rollouts;
  assert.deepEqual(
    [running?.cause, running?.step, running?.replaced, running?.total],
    ['inject', 'waiting-ready', 1, 2],
  );
  await assert.rejects(platform.restart(WEB), /being replaced already, 1 of 2/);
  putDeployment({ updated: 2, available: 2, present: 2 }, ASKED);
  const [done] = (await snapshot()).rollouts;
  assert.deepEqual([done?.step, done?.replaced, done?.endedAtMs], ['done', 2, AT_MS]);
});

test('a new pod that cannot start fails the rollout with its reason, and says what still serves', async () => {
  putReplicaSet('web-1', 1);
  putReplicaSet('web-2', 2);
  putPod('old', 'web-1', READY);
  putPod('new', 'web-2', PULL_FAILS);
  putDeployment({ updated: 1, available: 2, present: 3 }, ASKED);
  const [rollout] = (await snapshot()).rollouts;
  assert.equal(rollout?.step, 'failed');
  assert.equal(
    rollout?.message,
    'new: container app: ImagePullBackOff: no such image; 2 of its pods still serve',
  );
});

test('an admission webhook that refuses the pods is named', async () => {
  const message = 'pods "web-2-" is forbidden: exceeded quota';
  putDeployment(
    {
      updated: 0,
      available: 2,
      present: 2,
      conditions: [{ type: 'ReplicaFailure', status: 'True', message }],
    },
    ASKED,
  );
  const [rollout] = (await snapshot()).rollouts;
  assert.equal(rollout?.step, 'failed');
  assert.match(rollout?.message ?? '', /exceeded quota/);
});

test('a Job is not replaced while it runs', async () => {
  await assert.rejects(
    platform.restart({ kind: 'job', namespace: 'shop', name: 'once' }),
    (error: unknown) => error instanceof TulleError && error.code === 'invalid_argument',
  );
});

test('a token is reviewed for its audience, and refused with the reason', async () => {
  answer = {
    status: 201,
    body: {
      status: {
        authenticated: true,
        audiences: ['identity.l5d.io'],
        user: {
          username: 'system:serviceaccount:shop:web',
          extra: { 'authentication.kubernetes.io/pod-name': ['web-1-a'] },
        },
      },
    },
  };
  assert.deepEqual(await platform.reviewToken('t', 'identity.l5d.io'), {
    authenticated: true,
    namespace: 'shop',
    serviceAccount: 'web',
    pod: { kind: 'pod', namespace: 'shop', name: 'web-1-a' },
  });
  const reasonOf = async (status: object): Promise<string> => {
    answer = { status: 201, body: { status } };
    const review = await platform.reviewToken('t', 'identity.l5d.io');
    return review.authenticated ? '' : review.reason;
  };
  assert.equal(await reasonOf({ error: 'token expired' }), 'token expired');
  const user = { username: 'system:serviceaccount:shop:web' };
  assert.match(await reasonOf({ authenticated: true, audiences: [], user }), /audience/);
  const person = { username: 'ann' };
  const audiences = ['identity.l5d.io'];
  assert.match(
    await reasonOf({ authenticated: true, audiences, user: person }),
    /not the token of a service account/,
  );
});
