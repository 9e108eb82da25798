import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { DestinationProfileSchema } from '@tulle/proxy-api';
import type { Exchange, Peer, Refusal, RequestHead } from '../stack/http-service.ts';
import { eventually } from '../testing/scripted-controller.ts';
import { sum } from '../testing/exposition.ts';
import { meshedPeer, PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';
import { MAX_PROFILES } from './profile-cache.ts';

const ORIGINAL = { host: '127.0.0.1', port: 9000 };
const NAME = 'web-svc.test.svc.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const ROUTED = create(DestinationProfileSchema, {
  routes: [
    {
      condition: { match: { case: 'path', value: { regex: '/list' } } },
      metricsLabels: { route: 'list' },
      isRetryable: true,
      timeout: { seconds: 1n },
    },
  ],
});

async function start(t: TestContext, variables: Readonly<Record<string, string>> = {}) {
  const mesh = await startTargets(variables);
  t.after(() => mesh.close());
  mesh.controller.setProfile(`${NAME}:80`, ROUTED);
  const target = mesh.targets.inbound(ORIGINAL);
  const begin = async (head: RequestHead, peer: Peer) => target.http.begin(head, peer);
  const serve = async (head: RequestHead, peer: Peer): Promise<Exchange> => {
    const begun = await begin(head, peer);
    assert.equal(begun.kind, 'exchange', JSON.stringify(begun));
    const exchange = begun;
    exchange.responseHead(responseHead(200), false);
    exchange.firstBodyByte();
    exchange.end({ kind: 'complete' });
    return exchange;
  };
  return { ...mesh, target, begin, serve };
}

test('a meshed request reaches the application with its identity, under the name it was sent to', async (t) => {
  const { serve, samples } = await start(t);
  const head = requestHead({ path: '/list', authority: 'anything' }, [
    ['l5d-dst-canonical', `${NAME}:80`],
    ['l5d-client-id', 'forged'],
  ]);
  const exchange = await serve(head, meshedPeer(CLIENT));
  assert.equal(exchange.endpoint.port, 9000);
  assert.deepEqual(exchange.headerEdit.set, [['l5d-client-id', CLIENT]]);
  assert.ok(exchange.headerEdit.strip.includes('l5d-client-id'));
  assert.equal(exchange.timeoutMs, 0, 'timeouts are the caller’s');
  assert.equal(exchange.replayBytes, 0, 'and so are retries');
  const page = samples();
  const labels = [
    'direction="inbound"',
    'target_addr="127.0.0.1:9000"',
    `tls="true",client_id="${CLIENT}"`,
    'srv_kind="default",srv_name="all-unauthenticated",srv_port="9000"',
    'route_name="default"',
  ];
  assert.equal(sum(page, 'request_total', ...labels), 1);
  assert.equal(sum(page, 'response_total', ...labels, 'status_code="200"'), 1);
  assert.equal(sum(page, 'inbound_http_authz_allow_total', 'authz_name="all-unauthenticated"'), 1);
  assert.equal(
    sum(page, 'route_request_total', 'direction="inbound"', `dst="${NAME}:80"`, 'rt_route="list"'),
    1,
  );
});

test('an outsider is counted by its Host and cannot claim to be meshed', async (t) => {
  const { serve, samples } = await start(t);
  const head = requestHead({ path: '/list', authority: NAME }, [
    ['l5d-dst-canonical', 'other-svc.test.svc.cluster.local:80'],
    ['l5d-client-id', CLIENT],
  ]);
  const exchange = await serve(head, PLAIN_PEER);
  assert.deepEqual(exchange.headerEdit.set, []);
  for (const name of ['l5d-client-id', 'l5d-dst-canonical', 'l5d-require-id']) {
    assert.ok(exchange.headerEdit.strip.includes(name), name);
  }
  const page = samples();
  assert.equal(sum(page, 'route_request_total', `dst="${NAME}:80"`, 'rt_route="list"'), 1);
  assert.equal(sum(page, 'request_total', 'no_tls_reason="no_tls_from_remote"'), 1);
});

test('a profile that does not come in time is gone without, then used when it comes', async (t) => {
  const { serve, controller, samples } = await start(t, {
    DESTINATION_PROFILE_INITIAL_TIMEOUT: '20ms',
  });
  const late = 'late-svc.test.svc.cluster.local';
  await serve(requestHead({ path: '/list', authority: late }), PLAIN_PEER);
  assert.equal(sum(samples(), 'route_request_total', `dst="${late}:80"`), 1);
  controller.setProfile(`${late}:80`, ROUTED);
  await eventually(() => controller.asked.includes(`profile ${late}:80`), 'asking');
  let routed = 0;
  for (let attempt = 0; attempt < 200 && routed === 0; attempt++) {
    await serve(requestHead({ path: '/list', authority: late }), PLAIN_PEER);
    await new Promise((resolve) => setImmediate(resolve));
    routed = sum(samples(), 'route_request_total', `dst="${late}:80"`, 'rt_route="list"');
  }
  assert.equal(routed, 1);
});

test('the names clients may make us watch are bounded', async (t) => {
  const { serve, controller, samples } = await start(t, {
    DESTINATION_PROFILE_INITIAL_TIMEOUT: '1ms',
  });
  for (let index = 0; index < MAX_PROFILES + 20; index++) {
    await serve(requestHead({ authority: `s${index}.test.svc.cluster.local` }), PLAIN_PEER);
  }
  await serve(requestHead({ authority: 'example.com' }), PLAIN_PEER);
  assert.equal(sum(samples(), 'inbound_profiles_refused_total'), 20);
  await eventually(() => controller.asked.length === MAX_PROFILES, 'asking for each name kept');
});

for (const [policy, isPlainAllowed, isMeshedAllowed] of [
  ['deny', false, false],
  ['all-authenticated', false, true],
  ['all-unauthenticated', true, true],
  ['cluster-authenticated', false, true],
  ['cluster-unauthenticated', true, true],
] as const) {
  test(`policy ${policy}: outsiders ${isPlainAllowed ? 'pass' : 'get 403'}, the mesh ${isMeshedAllowed ? 'passes' : 'gets 403'}`, async (t) => {
    const { target, begin, samples } = await start(t, {
      INBOUND_DEFAULT_POLICY: policy,
      POLICY_CLUSTER_NETWORKS: '127.0.0.0/8',
    });
    for (const [peer, isAllowed] of [
      [PLAIN_PEER, isPlainAllowed],
      [meshedPeer(CLIENT), isMeshedAllowed],
    ] as const) {
      const begun = await begin(requestHead(), peer);
      const tcp = await target.tcp.connect(peer);
      assert.equal(begun.kind, isAllowed ? 'exchange' : 'refusal');
      assert.equal(tcp.kind, isAllowed ? 'exchange' : 'refusal');
      if (tcp.kind === 'exchange') tcp.closed(null);
      if (begun.kind === 'exchange') begun.end({ kind: 'client-reset', code: null });
      else {
        assert.equal(begun.status, 403);
        assert.equal(begun.tellClient, peer !== PLAIN_PEER);
      }
    }
    const refused = Number(!isPlainAllowed) + Number(!isMeshedAllowed);
    assert.equal(sum(samples(), 'inbound_http_authz_deny_total'), refused);
    assert.equal(sum(samples(), 'inbound_tcp_authz_deny_total'), refused);
  });
}

test('a cluster policy keeps other networks out', async (t) => {
  const { begin } = await start(t, {
    INBOUND_DEFAULT_POLICY: 'cluster-unauthenticated',
    POLICY_CLUSTER_NETWORKS: '10.0.0.0/8',
  });
  const refusal = (await begin(requestHead(), PLAIN_PEER)) as Refusal;
  assert.equal(refusal.status, 403);
});

test('a port without detection is opaque; malformed requests are counted', async (t) => {
  const { targets, target, samples } = await start(t, {
    INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION: '9001',
  });
  assert.equal(target.protocol, 'detect');
  assert.equal(targets.inbound({ host: '127.0.0.1', port: 9001 }).protocol, 'opaque');
  target.http.countMalformed(400, 'two lengths');
  assert.equal(
    sum(samples(), 'http_malformed_total', 'direction="inbound",status="400",reason="two lengths"'),
    1,
  );
});

test('a dead application is 502 and the client is told why only inside the mesh', async (t) => {
  const { begin, samples } = await start(t);
  for (const [peer, tellClient] of [
    [PLAIN_PEER, false],
    [meshedPeer(CLIENT), true],
  ] as const) {
    const exchange = (await begin(requestHead(), peer)) as Exchange;
    const refusal = exchange.attemptFailed(
      { kind: 'connect', error: new Error('connect ECONNREFUSED') },
      true,
    ) as Refusal;
    assert.equal(refusal.status, 502);
    assert.equal(refusal.tellClient, tellClient);
    exchange.end({ kind: 'refused', refusal });
  }
  assert.equal(sum(samples(), 'inbound_http_errors_total', 'error="i/o"'), 2);
});
