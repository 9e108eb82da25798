import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { TulleError, type ServiceRef } from '@tulle/model';
import { createKubernetesApi, type KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import {
  createClusterObjects,
  type ClusterObjects,
} from '../platform/kubernetes/cluster-objects.ts';
import { keepServiceProfile } from '../platform/kubernetes/keep/keep-service-profile.ts';
import { createKubernetesProfileStore } from './kubernetes-profile-store.ts';
import type { ProfileStore } from './profile-store.ts';

const WEB: ServiceRef = { kind: 'service', namespace: 'shop', name: 'web' };
const NAME = 'web.shop.svc.cluster.local';
const route = (name: string) => ({ name, condition: { method: 'GET' } });

let asked: { method: string; path: string; body: Record<string, unknown> }[];
let answer: { status: number; body: unknown };
let server: Server;
let api: KubernetesApi;
let objects: ClusterObjects;
let profiles: ProfileStore;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      asked.push({ method: request.method ?? '', path: request.url ?? '', body });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  api = createKubernetesApi({
    server: `http://127.0.0.1:${port}`,
    options: async () => ({}),
  });
  objects = createClusterObjects();
  profiles = createKubernetesProfileStore({ api, objects, clusterDomain: 'cluster.local' });
});

afterEach(async () => {
  api.close();
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
});

function profile(resourceVersion: string, namespace: string, spec: object) {
  return {
    metadata: { name: NAME, namespace, resourceVersion },
    spec: { routes: [], ...spec },
  };
}

function watched(resourceVersion: string, namespace: string, spec: object): void {
  const kept = keepServiceProfile(profile(resourceVersion, namespace, spec), 'cluster.local');
  assert.ok(kept !== null);
  objects.put('serviceprofiles', `${namespace}/${NAME}`, kept);
}

test("the client's namespace overrides the service's own profile", () => {
  watched('5', 'shop', { routes: [route('own')] });
  watched('6', 'client', { routes: [route('clients')] });
  assert.equal(profiles.inForce(WEB, 'client')?.routes[0]?.name, 'clients');
  assert.equal(profiles.inForce(WEB, 'elsewhere')?.routes[0]?.name, 'own');
  assert.equal(profiles.inForce(WEB, '')?.routes[0]?.name, 'own');
  assert.deepEqual(
    profiles.list().map(({ version }) => version),
    [5],
  );
});

test('a save names the version it was made from and is read at once', async () => {
  watched('5', 'shop', { opaquePorts: [3306] });
  answer = { status: 200, body: profile('6', 'shop', { routes: [route('new')] }) };
  const saved = await profiles.save(WEB, { routes: [route('new')] }, 5, 'ann');
  assert.equal(saved.version, 6);
  assert.equal(profiles.get(WEB)?.version, 6);
  const [request] = asked;
  assert.equal(request?.method, 'PATCH');
  assert.equal(request?.path, `/apis/linkerd.io/v1alpha2/namespaces/shop/serviceprofiles/${NAME}`);
  assert.deepEqual(request?.body['metadata'], {
    resourceVersion: '5',
    annotations: { 'tulle/saved-by': 'ann' },
  });
  // What the dashboard does not edit is not in the patch, and stays.
  assert.deepEqual(Object.keys(request?.body['spec'] ?? {}).sort(), ['retryBudget', 'routes']);
});

test('a profile that changed meanwhile is a conflict, here or at the API server', async () => {
  watched('5', 'shop', {});
  const isConflict = (error: unknown): boolean =>
    error instanceof TulleError &&
    error.code === 'conflict' &&
    /Nothing was saved/.test(error.message);
  await assert.rejects(profiles.save(WEB, { routes: [] }, 4, 'ann'), isConflict);
  assert.equal(asked.length, 0);
  answer = { status: 409, body: { kind: 'Status', code: 409, message: 'modified' } };
  await assert.rejects(profiles.save(WEB, { routes: [] }, 5, 'ann'), isConflict);
  await assert.rejects(profiles.remove(WEB, 5, 'ann'), isConflict);
});

test("a webhook's refusal is passed on with its fields", async () => {
  answer = {
    status: 422,
    body: {
      kind: 'Status',
      code: 422,
      message: 'admission webhook denied the request',
      details: { causes: [{ field: 'spec.routes[0].timeout', message: 'not a duration' }] },
    },
  };
  await assert.rejects(profiles.save(WEB, { routes: [] }, 0, 'ann'), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    assert.deepEqual(error.issues, [{ path: 'routes[0].timeout', message: 'not a duration' }]);
    return true;
  });
  assert.equal(asked[0]?.method, 'POST');
});

test('a profile that no proxy could use is left out rather than half obeyed', () => {
  const broken = profile('7', 'shop', { routes: [{ name: 'x', condition: { pathRegex: '(' } }] });
  assert.equal(keepServiceProfile(broken, 'cluster.local'), null);
  const foreign = { ...broken, metadata: { ...broken.metadata, name: 'web.shop.svc.other' } };
  assert.equal(keepServiceProfile(foreign, 'cluster.local'), null);
});
