import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  toDuration,
  toTcpAddress,
  type DestinationProfileSchema,
  type WeightedAddrSchema,
} from '@tulle/proxy-api';
import type { Exchange, Refusal } from '../stack/http-service.ts';
import type { Target } from '../stack/connection.ts';
import { eventually } from '../testing/scripted-controller.ts';
import { sum } from '../testing/exposition.ts';
import { PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const ORIGINAL = { host: '10.96.0.2', port: 80 };
const NAME = 'web-svc.test.svc.cluster.local';
const REFUSED = { kind: 'connect', error: new Error('connect ECONNREFUSED') } as const;
type ProfileInit = MessageInitShape<typeof DestinationProfileSchema>;

function address(port: number, identity?: string): MessageInitShape<typeof WeightedAddrSchema> {
  return {
    addr: toTcpAddress('10.1.0.1', port) ?? {},
    metricLabels: { pod: `web-${port}` },
    ...(identity !== undefined && {
      tlsIdentity: { strategy: { case: 'dnsLikeIdentity', value: { name: identity } } },
    }),
  };
}

function endpoints(...addrs: MessageInitShape<typeof WeightedAddrSchema>[]) {
  return {
    update: {
      case: 'add' as const,
      value: { addrs, metricLabels: { namespace: 'test', deployment: 'web', pod: 'set' } },
    },
  };
}

async function start(
  t: TestContext,
  profile: ProfileInit | ConnectError,
  variables: Readonly<Record<string, string>> = {},
) {
  const mesh = await startTargets(variables);
  t.after(() => mesh.close());
  mesh.controller.setProfile('10.96.0.2:80', profile);
  mesh.controller.setEndpoints(`${NAME}:80`, endpoints(address(8001, 'web.id'), address(8002)));
  const target = mesh.targets.outbound(ORIGINAL);
  await target.protocol;
  return { ...mesh, target };
}

async function begin(target: Target, head = requestHead()): Promise<Exchange> {
  const begun = await target.http.begin(head, PLAIN_PEER);
  assert.equal(begun.kind, 'exchange', JSON.stringify(begun));
  return begun;
}

function answer(exchange: Exchange, status: number): void {
  assert.equal(exchange.responseHead(responseHead(status), false), 'forward');
  exchange.firstBodyByte();
  exchange.end({ kind: 'complete' });
}

test('a request to a service goes to one of its endpoints and is counted under its labels', async (t) => {
  const { target, samples, clock } = await start(t, { fullyQualifiedName: NAME });
  const exchange = await begin(target);
  assert.equal(exchange.endpoint.port, 8001);
  assert.deepEqual(exchange.endpoint.tls, {
    kind: 'mutual',
    identity: 'web.id',
    serverName: 'web.id',
  });
  assert.deepEqual(exchange.headerEdit.set, [['l5d-dst-canonical', `${NAME}:80`]]);
  assert.ok(exchange.headerEdit.strip.includes('l5d-client-id'));
  clock.ms = 42;
  answer(exchange, 200);
  const page = samples();
  const labels = [
    'direction="outbound"',
    `authority="${NAME}:80"`,
    'target_addr="10.1.0.1:8001"',
    'tls="true",server_id="web.id"',
    'dst_namespace="test"',
    'dst_pod="web-8001"',
  ];
  assert.equal(sum(page, 'request_total', ...labels), 1);
  assert.equal(
    sum(
      page,
      'response_total',
      ...labels,
      'status_code="200",classification="success",grpc_status="",error=""',
    ),
    1,
  );
  assert.equal(sum(page, 'response_latency_ms_bucket', 'status_code="200"', 'le="40"'), 0);
  assert.equal(sum(page, 'response_latency_ms_bucket', 'status_code="200"', 'le="50"'), 1);
  assert.equal(sum(page, 'route_request_total', `dst="${NAME}:80"`), 1);
  assert.equal(sum(page, 'route_actual_response_total', 'classification="success"'), 1);
});

test('an endpoint that goes is retired, one that stays keeps its connections', async (t) => {
  const { target, controller } = await start(t, { fullyQualifiedName: NAME });
  const exchange = await begin(target);
  const { endpoint } = exchange;
  let closed = 0;
  endpoint.pools.http1 = { close: () => closed++ };
  controller.setEndpoints(`${NAME}:80`, endpoints(address(8001, 'web.id')));
  await eventually(() => controller.asked.length >= 2, 'asking');
  controller.setEndpoints(`${NAME}:80`, {
    update: { case: 'remove', value: { addrs: [toTcpAddress('10.1.0.1', 8001) ?? {}] } },
  });
  await eventually(() => endpoint.retired, 'retiring');
  assert.equal(closed, 1);
  answer(exchange, 200);
  const other = await begin(target);
  assert.equal(other.endpoint.port, 8002);
  other.end({ kind: 'client-reset', code: null });
});

test('a changed profile is in force for the next request', async (t) => {
  const { target, controller, samples } = await start(t, { fullyQualifiedName: NAME });
  answer(await begin(target), 200);
  controller.setProfile('10.96.0.2:80', {
    fullyQualifiedName: NAME,
    routes: [
      {
        condition: { match: { case: 'path', value: { regex: '/vote' } } },
        metricsLabels: { route: 'vote' },
        timeout: toDuration(250),
        responseClasses: [
          {
            condition: { match: { case: 'status', value: { min: 404, max: 404 } } },
            isFailure: true,
          },
        ],
      },
    ],
  });
  let exchange = await begin(target, requestHead({ path: '/vote?x=1' }));
  await eventually(() => {
    answer(exchange, 404);
    exchange = target.http.begin(requestHead({ path: '/vote?x=1' }), PLAIN_PEER) as Exchange;
    return exchange.timeoutMs === 250;
  }, 'the new profile');
  answer(exchange, 404);
  assert.equal(
    sum(samples(), 'route_response_total', 'rt_route="vote"', 'classification="failure"'),
    1,
  );
});

test('the last known state goes on while the controller is away, and is renewed when it is back', async (t) => {
  const { target, controller } = await start(t, { fullyQualifiedName: NAME });
  const exchange = await begin(target);
  const before = exchange.endpoint;
  answer(exchange, 200);
  await controller.kill();
  const during = await begin(target);
  assert.equal(during.endpoint, before);
  answer(during, 200);
  controller.script.endpoints.set(`${NAME}:80`, endpoints(address(8003)));
  await controller.start();
  await eventually(() => before.retired, 'the new endpoints');
  const after = await begin(target);
  assert.equal(after.endpoint.port, 8003);
  answer(after, 200);
});

test('what the controller refuses to know is forwarded to the original destination', async (t) => {
  const { target } = await start(t, new ConnectError('no', Code.InvalidArgument));
  const exchange = await begin(target);
  assert.equal(exchange.endpoint.host, '10.96.0.2');
  assert.deepEqual(exchange.endpoint.tls, {
    kind: 'none',
    reason: 'not_provided_by_service_discovery',
  });
  assert.deepEqual(exchange.headerEdit.set, []);
  answer(exchange, 200);
});

test('an address outside the profile networks is forwarded without asking', async (t) => {
  const { targets, controller } = await start(t, { fullyQualifiedName: NAME });
  const target = targets.outbound({ host: '192.0.2.1', port: 443 });
  assert.equal(target.protocol, 'detect');
  const exchange = await begin(target);
  assert.equal(exchange.endpoint.host, '192.0.2.1');
  answer(exchange, 200);
  assert.ok(controller.asked.every((question) => !question.includes('192.0.2.1')));
});

test('a profile with an endpoint is one instance, an opaque one is not detected', async (t) => {
  const { target } = await start(t, {
    opaqueProtocol: true,
    endpoint: address(8001, 'web.id'),
  });
  assert.equal(target.protocol, 'opaque');
  const begun = await target.tcp.connect(PLAIN_PEER);
  assert.ok(begun.kind === 'exchange');
  assert.equal(begun.endpoint.port, 8001);
  begun.connected();
  begun.closed(null);
});

test('a connection that fails goes to another endpoint; when there is none it is 502 and counted', async (t) => {
  const { target, samples } = await start(t, { fullyQualifiedName: NAME });
  const exchange = await begin(target);
  assert.equal(exchange.attemptFailed(REFUSED, true), 'retry');
  assert.equal(exchange.endpoint.port, 8002);
  const refusal = exchange.attemptFailed(REFUSED, true) as Refusal;
  assert.equal(refusal.status, 502);
  assert.equal(refusal.tellClient, true);
  exchange.end({ kind: 'refused', refusal });
  const page = samples();
  assert.equal(sum(page, 'outbound_http_errors_total', 'error="i/o"'), 1);
  assert.equal(sum(page, 'response_total', 'classification="failure"', 'error="unclassified"'), 2);
  assert.equal(sum(page, 'route_response_total', 'classification="failure"'), 1);
});

test('a connect timeout is 504, a wrong identity 502', async (t) => {
  const { targets } = await start(t, { fullyQualifiedName: NAME });
  const target = targets.outbound({ host: '192.0.2.1', port: 80 });
  for (const [kind, status] of [
    ['connect-timeout', 504],
    ['identity', 502],
    ['broken', 502],
  ] as const) {
    const exchange = await begin(target);
    const refusal = exchange.attemptFailed({ kind, error: new Error(kind) }, true) as Refusal;
    assert.equal(refusal.status, status, kind);
    exchange.end({ kind: 'refused', refusal });
  }
});

test('with no endpoint requests fail with 504 after the failfast timeout, then at once', async (t) => {
  const { target, controller, samples } = await start(
    t,
    { fullyQualifiedName: NAME },
    { OUTBOUND_HTTP_FAILFAST_TIMEOUT: '50ms' },
  );
  const exchange = await begin(target);
  controller.setEndpoints(`${NAME}:80`, {
    update: { case: 'noEndpoints', value: { exists: true } },
  });
  await eventually(() => exchange.endpoint.retired, 'no endpoints');
  answer(exchange, 200);
  for (let request = 0; request < 2; request++) {
    const refusal = (await target.http.begin(requestHead(), PLAIN_PEER)) as Refusal;
    assert.equal(refusal.kind, 'refusal');
    assert.equal(refusal.status, 504);
  }
  assert.equal(sum(samples(), 'outbound_http_errors_total', 'error="failfast"'), 2);
});

test('past the limit of requests under way load is shed with 503', async (t) => {
  const { target } = await start(t, { fullyQualifiedName: NAME }, { OUTBOUND_MAX_IN_FLIGHT: '1' });
  const exchange = await begin(target);
  const refusal = (await target.http.begin(requestHead(), PLAIN_PEER)) as Refusal;
  assert.equal(refusal.status, 503);
  answer(exchange, 200);
  answer(await begin(target), 200);
});

test('l5d-require-id is held against the endpoint', async (t) => {
  const { target } = await start(t, { fullyQualifiedName: NAME });
  const refusal = (await target.http.begin(
    requestHead({}, [['l5d-require-id', 'other.id']]),
    PLAIN_PEER,
  )) as Refusal;
  assert.equal(refusal.status, 502);
  const exchange = await begin(target, requestHead({}, [['l5d-require-id', 'web.id']]));
  answer(exchange, 200);
});

const RETRYABLE: ProfileInit = {
  fullyQualifiedName: NAME,
  retryBudget: { retryRatio: 0, minRetriesPerSecond: 1, ttl: toDuration(1000) },
  routes: [
    {
      condition: { match: { case: 'path', value: { regex: '/.*' } } },
      metricsLabels: { route: 'all' },
      isRetryable: true,
    },
  ],
};

test('a failure on a retryable route is tried again within the budget, and both views are counted', async (t) => {
  const { target, samples } = await start(t, RETRYABLE);
  const exchange = await begin(target);
  assert.equal(exchange.replayBytes, 65_536);
  assert.equal(exchange.responseHead(responseHead(503), true), 'retry');
  answer(exchange, 200);
  const second = await begin(target);
  assert.equal(second.responseHead(responseHead(503), true), 'forward', 'the budget is spent');
  second.firstBodyByte();
  second.end({ kind: 'complete' });
  const third = await begin(target);
  assert.equal(third.responseHead(responseHead(503), false), 'forward', 'the body is gone');
  third.firstBodyByte();
  third.end({ kind: 'complete' });
  const page = samples();
  assert.equal(sum(page, 'route_request_total', 'rt_route="all"'), 3);
  assert.equal(sum(page, 'route_actual_request_total', 'rt_route="all"'), 4);
  assert.equal(sum(page, 'route_response_total', 'classification="success"'), 1);
  assert.equal(sum(page, 'route_retryable_total', 'rt_route="all"'), 2);
  assert.equal(sum(page, 'route_retryable_total', 'skipped="no_budget"'), 1);
});

test('a gRPC answer is held until its trailers say whether to retry', async (t) => {
  const { target, samples } = await start(t, RETRYABLE);
  const exchange = await begin(target, requestHead({ method: 'POST', isGrpc: true }));
  assert.equal(exchange.responseHead(responseHead(200), true), 'hold');
  assert.equal(exchange.responseTrailers([['grpc-status', '14']], true), 'retry');
  assert.equal(exchange.responseHead(responseHead(200), true), 'hold');
  exchange.firstBodyByte();
  assert.equal(exchange.responseTrailers([['grpc-status', '0']], true), 'forward');
  exchange.end({ kind: 'complete' });
  const page = samples();
  assert.equal(sum(page, 'response_total', 'classification="failure",grpc_status="14"'), 1);
  assert.equal(sum(page, 'response_total', 'classification="success",grpc_status="0"'), 1);
});

test('resets, timeouts and a client that leaves are told apart', async (t) => {
  const { target, samples } = await start(t, { fullyQualifiedName: NAME });
  const reset = await begin(target);
  reset.responseHead(responseHead(200), false);
  reset.end({ kind: 'server-reset', code: 8 });
  (await begin(target)).end({ kind: 'timeout' });
  const left = await begin(target);
  left.end({ kind: 'client-reset', code: null });
  const page = samples();
  assert.equal(sum(page, 'response_total', 'classification="failure"', 'error="h2(CANCEL)"'), 1);
  assert.equal(sum(page, 'response_total', 'classification="failure"', 'error="timeout"'), 1);
  assert.equal(sum(page, 'response_total'), 2);
  assert.equal(sum(page, 'outbound_http_errors_total', 'error="response timeout"'), 1);
  assert.equal(
    left.endpoint instanceof Object && 'pending' in left.endpoint ? left.endpoint.pending : 1,
    0,
  );
});

test('a target is shared, kept for the idle timeout, then given up', async (t) => {
  const { targets, target, controller } = await start(
    t,
    { fullyQualifiedName: NAME },
    { OUTBOUND_DISCOVERY_IDLE_TIMEOUT: '20ms' },
  );
  assert.equal(targets.outbound(ORIGINAL), target);
  target.release();
  const exchange = await begin(target);
  answer(exchange, 200);
  target.release();
  await eventually(() => exchange.endpoint.retired, 'giving the target up');
  assert.notEqual(targets.outbound(ORIGINAL), target);
  await eventually(
    () => controller.asked.filter((question) => question.startsWith('profile')).length === 2,
    'asking again',
  );
});
