import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import {
  type InstanceState,
  type PlatformState,
  type ServiceRef,
  type WorkloadRef,
} from '@tulle/model';
import {
  Destination,
  fromDuration,
  fromTcpAddress,
  type DestinationProfile,
  type Update,
} from '@tulle/proxy-api';
import { Registry } from 'prom-client';
import { startGrpcServer, type GrpcServer } from '../grpc/grpc-server.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import { createSqliteProfileStore } from '../profiles/sqlite-profile-store.ts';
import { destinationRoutes } from './destination-service.ts';
import { createDiscovery } from './discovery.ts';
import { createStateSource } from './state-source.ts';

const VOTING: WorkloadRef = { kind: 'deployment', namespace: 'emojivoto', name: 'voting' };
const VOTING_SVC: ServiceRef = { kind: 'service', namespace: 'emojivoto', name: 'voting-svc' };
const VOTING_NAME = 'voting-svc.emojivoto.svc.cluster.local';
const IDENTITY = 'voting.emojivoto.serviceaccount.identity.tulle.cluster.local';

function voting(index: number, options: { meshed?: boolean; ready?: boolean } = {}): InstanceState {
  const { meshed = true, ready = true } = options;
  return {
    ref: { kind: 'pod', namespace: 'emojivoto', name: `voting-${index}` },
    workload: VOTING,
    serviceAccount: 'voting',
    phase: ready ? 'ready' : 'starting',
    restarts: 0,
    reason: null,
    proxy: meshed
      ? { identity: IDENTITY, adminAddress: '', tapAddress: '', version: '', ready }
      : null,
    endpoints: [
      { port: 8080, address: `127.0.0.1:${4000 + index}`, appAddress: `127.0.0.1:${5000 + index}` },
    ],
    startedAtMs: 0,
  };
}

function stateOf(revision: number, instances: InstanceState[], opaque = false): PlatformState {
  const ports = [{ name: 'grpc', port: 80, targetPort: 8080, opaque }];
  return {
    revision,
    workloads: [
      {
        ref: VOTING,
        replicas: 2,
        serviceAccount: 'voting',
        inject: 'enabled',
        ports: [{ name: 'grpc', port: 8080, opaque: true }],
        createdAtMs: 0,
      },
    ],
    instances,
    services: [{ ref: VOTING_SVC, clusterIp: '10.96.0.2', ports, workloads: [VOTING] }],
    rollouts: [],
  };
}

let state: PlatformState;
let listeners: Set<() => void>;
let database: DatabaseSync;
let profiles: ProfileStore;
let registry: Registry;
let server: GrpcServer;
let sessions: Http2SessionManager;
let client: Client<typeof Destination>;
let stop: AbortController;

function become(next: PlatformState): void {
  state = next;
  for (const listener of listeners) listener();
}

beforeEach(async () => {
  state = { revision: 0, workloads: [], instances: [], services: [], rollouts: [] };
  listeners = new Set();
  database = new DatabaseSync(':memory:');
  profiles = createSqliteProfileStore({ database, now: () => 1 });
  registry = new Registry();
  stop = new AbortController();
  const platform = {
    state: () => state,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const source = createStateSource(platform, 'tulle');
  const discovery = createDiscovery({ source, profiles, clusterDomain: 'cluster.local' });
  server = await startGrpcServer(
    { host: '127.0.0.1', port: 0 },
    'TULLE_DESTINATION_ADDR',
    destinationRoutes(discovery, registry),
  );
  const baseUrl = `http://127.0.0.1:${server.port}`;
  sessions = new Http2SessionManager(baseUrl);
  client = createClient(Destination, createGrpcTransport({ baseUrl, sessionManager: sessions }));
});
afterEach(async () => {
  stop.abort();
  sessions.abort();
  await server.close();
  database.close();
});

function get(path: string): AsyncIterator<Update> {
  return client.get({ path }, { signal: stop.signal })[Symbol.asyncIterator]();
}
function getProfile(path: string): AsyncIterator<DestinationProfile> {
  return client.getProfile({ path }, { signal: stop.signal })[Symbol.asyncIterator]();
}
async function next<T>(messages: AsyncIterator<T>): Promise<T> {
  const result = await messages.next();
  assert.ok(result.done !== true, 'the stream goes on');
  return result.value;
}

/** `add 127.0.0.1:4000 …`, `remove …`, `no endpoints, exists`: what a test says of an update. */
function say({ update }: Update): string {
  const list = (addrs: readonly { addr?: Parameters<typeof fromTcpAddress>[0] }[]): string =>
    addrs.map(({ addr }) => fromTcpAddress(addr)?.port).join(' ');
  switch (update.case) {
    case 'add':
      return `add ${list(update.value.addrs)}`;
    case 'remove':
      return `remove ${list(update.value.addrs.map((addr) => ({ addr })))}`;
    case 'noEndpoints':
      return `none, ${update.value.exists ? 'exists' : 'unknown'}`;
    default:
      return 'empty';
  }
}

test('endpoints come with identity and labels, then only what changes', async () => {
  become(stateOf(1, [voting(0), voting(1)]));
  const updates = get(`${VOTING_NAME}:80`);
  const first = await next(updates);
  assert.equal(say(first), 'add 4000 4001');
  assert.ok(first.update.case === 'add');
  assert.deepEqual(first.update.value.metricLabels, {
    namespace: 'emojivoto',
    service: 'voting-svc',
  });
  const [endpoint] = first.update.value.addrs;
  assert.deepEqual(endpoint?.metricLabels, {
    control_plane_ns: 'tulle',
    deployment: 'voting',
    pod: 'voting-0',
    serviceaccount: 'voting',
  });
  assert.deepEqual(endpoint?.tlsIdentity?.strategy.value, {
    $typeName: 'io.linkerd.proxy.destination.TlsIdentity.DnsLikeIdentity',
    name: IDENTITY,
  });

  become(stateOf(2, [voting(0), voting(1)]));
  become(stateOf(3, [voting(1), voting(2)]));
  assert.equal(say(await next(updates)), 'add 4002');
  assert.equal(say(await next(updates)), 'remove 4000');
  become(stateOf(4, []));
  assert.equal(say(await next(updates)), 'none, exists');
  become({ ...stateOf(5, []), services: [] });
  assert.equal(say(await next(updates)), 'none, unknown');
  become(stateOf(6, [voting(0)]));
  assert.equal(say(await next(updates)), 'add 4000');
});

test('an instance that joins the mesh is added again with its identity; one not ready is left out', async () => {
  become(stateOf(1, [voting(0, { meshed: false }), voting(1, { ready: false })]));
  const updates = get(`${VOTING_NAME.toUpperCase()}.:80`);
  const first = await next(updates);
  assert.equal(say(first), 'add 4000');
  assert.ok(first.update.case === 'add');
  assert.equal(first.update.value.addrs[0]?.tlsIdentity, undefined);
  become(stateOf(2, [voting(0), voting(1, { ready: false })]));
  const second = await next(updates);
  assert.ok(second.update.case === 'add');
  assert.equal(second.update.value.addrs[0]?.tlsIdentity?.serverName?.name, IDENTITY);
});

test('proxies are told how to speak to an endpoint: HTTP/2, bytes on an opaque port, nothing outside the mesh', async () => {
  const hintsIn = async (now: PlatformState): Promise<(string | undefined)[]> => {
    become(now);
    const { update } = await next(get(`${VOTING_NAME}:80`));
    assert.ok(update.case === 'add');
    return update.value.addrs.map((addr) => addr.protocolHint?.protocol.case);
  };
  const opaque = stateOf(1, [voting(0), voting(1, { meshed: false })]);
  assert.deepEqual(await hintsIn(opaque), ['opaque', undefined]);
  const workloads = opaque.workloads.map((workload) => ({ ...workload, ports: [] }));
  assert.deepEqual(await hintsIn({ ...opaque, revision: 2, workloads }), ['h2', undefined]);
  const services = stateOf(3, [], true).services;
  const opaqueService = { ...opaque, revision: 3, workloads, services };
  assert.deepEqual(await hintsIn(opaqueService), ['opaque', undefined]);
});

test('an instance is asked for by its own name', async () => {
  become(stateOf(1, [voting(0), voting(1)]));
  assert.equal(say(await next(get(`voting-1.${VOTING_NAME}:80`))), 'add 4001');
  const profile = await next(getProfile(`voting-1.${VOTING_NAME}:80`));
  assert.equal(fromTcpAddress(profile.endpoint?.addr)?.port, 4001);
});

test('before the platform has spoken nothing is said: running proxies keep what they know', async () => {
  const updates = get(`${VOTING_NAME}:80`);
  const answer = next(updates);
  become({ ...state });
  become(stateOf(1, [voting(0)]));
  assert.equal(say(await answer), 'add 4000');
});

test('a path that is no service of this cluster is INVALID_ARGUMENT, an unknown service does not exist', async () => {
  become(stateOf(1, []));
  for (const path of [
    '',
    'voting-svc',
    'example.com:80',
    `a.b.${VOTING_NAME}:80`,
    '10.96.0.2:80',
  ]) {
    await assert.rejects(next(get(path)), (error: unknown) => {
      return error instanceof ConnectError && error.code === Code.InvalidArgument;
    });
  }
  assert.equal(say(await next(get('x.emojivoto.svc.cluster.local:80'))), 'none, unknown');
});

test('a saved profile is in force on the next message, by address and by name alike', async () => {
  become(stateOf(1, [voting(0)]));
  const byAddress = getProfile('10.96.0.2:80');
  const byName = getProfile(`${VOTING_NAME}:80`);
  for (const messages of [byAddress, byName]) {
    const before = await next(messages);
    assert.equal(before.fullyQualifiedName, VOTING_NAME);
    assert.deepEqual(before.routes, []);
    assert.equal(before.retryBudget?.minRetriesPerSecond, 10);
  }
  await profiles.save(
    VOTING_SVC,
    {
      routes: [
        {
          name: 'Vote',
          condition: { method: 'POST', pathRegex: '/vote/.*' },
          timeout: '250ms',
          isRetryable: true,
          responseClasses: [{ condition: { status: { min: 429 } }, isFailure: true }],
        },
        { name: 'rest', condition: { not: { method: 'POST' } } },
      ],
      retryBudget: { retryRatio: 0.5, minRetriesPerSecond: 3, ttl: '20s' },
    },
    0,
    'test',
  );
  for (const messages of [byAddress, byName]) {
    const { routes, retryBudget } = await next(messages);
    assert.deepEqual(
      routes.map(({ metricsLabels }) => metricsLabels['route']),
      ['Vote', 'rest'],
    );
    const [vote, rest] = routes;
    assert.ok(vote?.timeout !== undefined && rest?.timeout !== undefined);
    assert.equal(fromDuration(vote.timeout), 250);
    assert.equal(fromDuration(rest.timeout), 10_000);
    assert.equal(vote.isRetryable, true);
    assert.equal(vote.condition?.match.case, 'all');
    assert.equal(rest.condition?.match.case, 'not');
    assert.equal(vote.responseClasses[0]?.condition?.match.case, 'status');
    assert.equal(retryBudget?.retryRatio, 0.5);
  }
});

test('a change elsewhere sends no profile again; an opaque port is told', async () => {
  become(stateOf(1, []));
  const messages = getProfile('10.96.0.2:80');
  assert.equal((await next(messages)).opaqueProtocol, false);
  become(stateOf(2, [voting(0)]));
  become(stateOf(3, [voting(0)], true));
  assert.equal((await next(messages)).opaqueProtocol, true);
});

test("an instance's own address gives its endpoint, a strange one an empty profile", async () => {
  become(stateOf(1, [voting(0)]));
  const own = await next(getProfile('127.0.0.1:4000'));
  assert.equal(own.fullyQualifiedName, '');
  assert.equal(own.endpoint?.tlsIdentity?.serverName?.name, IDENTITY);
  assert.equal(own.opaqueProtocol, true);
  const strange = await next(getProfile('192.0.2.1:80'));
  assert.equal(strange.endpoint, undefined);
  await assert.rejects(next(getProfile('example.com:80')), /does not end in/);
});

test('streams are counted and let go when the proxy leaves or the controller stops', async () => {
  become(stateOf(1, [voting(0)]));
  const updates = get(`${VOTING_NAME}:80`);
  await next(updates);
  assert.match(await registry.metrics(), /destination_streams\{method="Get"\} 1/);
  const ended = assert.rejects(next(updates));
  await server.close();
  await ended;
  assert.equal(listeners.size, 0);
  assert.match(await registry.metrics(), /destination_streams\{method="Get"\} 0/);
});
