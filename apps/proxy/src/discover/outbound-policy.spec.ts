import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { toDuration, toHeaders, toTcpAddress, type outbound } from '@tulle/proxy-api';
import type { Target } from '../stack/connection.ts';
import type { Exchange, Refusal } from '../stack/http-service.ts';
import { sum } from '../testing/exposition.ts';
import { PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const NAME = 'web-svc.test.svc.cluster.local';
const ADDRESS = '10.96.0.2:80';
type PolicyInit = MessageInitShape<typeof outbound.OutboundPolicySchema>;
type RuleInit = MessageInitShape<typeof outbound.HttpRoute_RuleSchema>;
type RouteInit = MessageInitShape<typeof outbound.HttpRouteSchema>;
type AccrualInit = MessageInitShape<typeof outbound.FailureAccrualSchema>;

function resource(kind: string, name: string) {
  const value = { group: 'core', kind, name, namespace: 'test', section: '', port: 80 };
  return { kind: { case: 'resource' as const, value } };
}

function backend(service: string) {
  return {
    metadata: resource('Service', service),
    queue: { capacity: 100, failfastTimeout: toDuration(1000) },
    kind: {
      case: 'balancer' as const,
      value: {
        discovery: {
          kind: {
            case: 'dst' as const,
            value: { path: `${service}.test.svc.cluster.local:80` },
          },
        },
      },
    },
  };
}

function first(...services: string[]): NonNullable<RuleInit['backends']> {
  const backends = services.map((service) => ({ backend: backend(service) }));
  return { kind: { case: 'firstAvailable', value: { backends } } };
}

function policy(routes: RouteInit[], failureAccrual?: AccrualInit): PolicyInit {
  const http = { routes, ...(failureAccrual && { failureAccrual }) };
  return {
    metadata: resource('Service', 'web-svc'),
    protocol: {
      kind: {
        case: 'detect',
        value: { timeout: toDuration(1000), opaque: {}, http1: http, http2: http },
      },
    },
  };
}

function route(name: string, ...rules: RuleInit[]): RouteInit {
  return { metadata: resource('HTTPRoute', name), rules };
}

function instances(...ports: number[]) {
  const addrs = ports.map((port) => ({ addr: toTcpAddress('10.1.0.1', port) ?? {} }));
  return { update: { case: 'add' as const, value: { addrs } } };
}

async function start(t: TestContext, init: PolicyInit | ConnectError, profile = {}) {
  const dice = { value: 0 };
  const variables = { OUTBOUND_HTTP_FAILFAST_TIMEOUT: '20s' };
  const mesh = await startTargets(variables, () => dice.value);
  t.after(() => mesh.close());
  mesh.controller.setPolicy(ADDRESS, init);
  mesh.controller.setEndpoints(`${NAME}:80`, instances(8001, 8002));
  mesh.controller.setEndpoints('v2-svc.test.svc.cluster.local:80', instances(8003));
  mesh.controller.setProfile(ADDRESS, { fullyQualifiedName: NAME, ...profile });
  const target = mesh.targets.outbound({ host: '10.96.0.2', port: 80 });
  await target.protocol;
  return { ...mesh, target, dice };
}

async function begin(target: Target, head = requestHead()): Promise<Exchange> {
  const begun = await target.http.begin(head, PLAIN_PEER);
  assert.equal(begun.kind, 'exchange', JSON.stringify(begun));
  return begun;
}

async function refusal(target: Target, head = requestHead()): Promise<Refusal> {
  const begun = await target.http.begin(head, PLAIN_PEER);
  assert.equal(begun.kind, 'refusal');
  return begun;
}

function answer(exchange: Exchange, status: number, canRetry = false): string {
  const verdict = exchange.responseHead(responseHead(status), canRetry);
  if (verdict === 'retry') return verdict;
  exchange.firstBodyByte();
  exchange.end({ kind: 'complete' });
  return verdict;
}

test('the best route decides: by path, header, query and method; no route is 404', async (t) => {
  const path = (kind: 'exact' | 'prefix' | 'regex', value: string) => ({
    path: { kind: { case: kind, value } },
  });
  const { target } = await start(
    t,
    policy([
      route('prefix', { matches: [path('prefix', '/api')], backends: first('web-svc') }),
      route(
        'best',
        { matches: [path('exact', '/api/new')], backends: first('v2-svc') },
        {
          matches: [
            {
              ...path('prefix', '/api'),
              headers: [{ name: 'X-Version', value: { case: 'regex', value: 'v[2-9]' } }],
            },
            {
              ...path('prefix', '/api'),
              queryParams: [{ name: 'beta', value: { case: 'exact', value: '1' } }],
            },
          ],
          backends: first('v2-svc'),
        },
      ),
    ]),
  );
  const portOf = async (path_: string, fields: [string, string][] = []) => {
    const exchange = await begin(target, requestHead({ path: path_ }, fields));
    answer(exchange, 200);
    return exchange.endpoint.port;
  };
  assert.equal(await portOf('/api/x'), 8001);
  assert.equal(await portOf('/api/new'), 8003);
  assert.equal(await portOf('/api', [['x-version', 'v2']]), 8003);
  assert.equal(await portOf('/api', [['x-version', 'v1']]), 8001);
  assert.equal(await portOf('/api?a=b&beta=1'), 8003);
  for (const other of ['/', '/apis', '/API']) {
    assert.equal((await refusal(target, requestHead({ path: other }))).status, 404, other);
  }
});

test('requests are counted by parent, route and backend', async (t) => {
  const { target, samples, clock } = await start(
    t,
    policy([route('all', { backends: first('web-svc') })]),
  );
  const exchange = await begin(target);
  clock.ms = 40;
  answer(exchange, 200);
  const page = samples();
  const labels = [
    'parent_group="core",parent_kind="Service",parent_namespace="test",parent_name="web-svc",parent_port="80"',
    'route_kind="HTTPRoute",route_namespace="test",route_name="all"',
  ];
  const statuses = 'outbound_http_route_request_statuses_total';
  assert.equal(sum(page, statuses, ...labels, 'http_status="200",error=""'), 1);
  const bucket = 'outbound_http_route_request_duration_seconds_bucket';
  assert.equal(sum(page, bucket, ...labels, 'le="0.05"'), 1);
  const requests = 'outbound_http_route_backend_requests_total';
  assert.equal(sum(page, requests, ...labels, 'backend_name="web-svc"'), 1);
  const backendBucket = 'outbound_http_route_backend_response_duration_seconds_bucket';
  assert.equal(sum(page, backendBucket, 'le="0.025"'), 0);
  assert.equal(sum(page, backendBucket, 'le="0.05"'), 1);
  assert.equal(sum(page, 'request_total', `authority="${NAME}:80"`), 1);
});

test('a failing answer is tried again after a pause, as often as the rule says', async (t) => {
  const { target, samples } = await start(
    t,
    policy([
      route('all', {
        backends: first('web-svc'),
        retry: {
          maxRetries: 2,
          maxRequestBytes: 1 << 20,
          conditions: { statusRanges: [{ start: 500, end: 504 }] },
          backoff: { minBackoff: toDuration(20), maxBackoff: toDuration(30), jitterRatio: 0 },
        },
      }),
    ]),
  );
  const saved = await begin(target);
  assert.equal(saved.replayBytes, 64 * 1024);
  assert.equal(answer(saved, 503, true), 'retry');
  assert.equal(saved.retryDelayMs, 20);
  assert.equal(answer(saved, 503, true), 'retry');
  assert.equal(saved.retryDelayMs, 30);
  assert.equal(answer(saved, 200, true), 'forward');
  const lost = await begin(target);
  assert.equal(answer(lost, 500, true), 'retry');
  assert.equal(answer(lost, 500, true), 'retry');
  assert.equal(answer(lost, 500, true), 'forward', 'the third is the last');
  const plain = await begin(target);
  assert.equal(answer(plain, 505, true), 'forward', 'not one to retry');
  const page = samples();
  assert.equal(sum(page, 'outbound_http_route_retry_requests_total'), 4);
  assert.equal(sum(page, 'outbound_http_route_retry_successes_total'), 1);
  assert.equal(sum(page, 'outbound_http_route_retry_limit_exceeded_total'), 1);
  assert.equal(sum(page, 'outbound_http_route_backend_requests_total'), 7);
  assert.equal(sum(page, 'outbound_http_route_request_statuses_total'), 3);
});

test('an endpoint that fails in a row is shut out, tried by one request, and let in again', async (t) => {
  const backoff = { minBackoff: toDuration(1000), maxBackoff: toDuration(8000), jitterRatio: 0 };
  const { target, clock } = await start(
    t,
    policy([route('all', { backends: first('web-svc') })], {
      kind: { case: 'consecutiveFailures', value: { maxFailures: 3, backoff } },
    }),
  );
  const serve = async (status: number): Promise<number> => {
    const exchange = await begin(target);
    const { port } = exchange.endpoint;
    answer(exchange, status);
    return port;
  };
  const failing = await serve(500);
  const healthy = failing === 8001 ? 8002 : 8001;
  // Whatever the balancer prefers, only this one fails.
  let failures = 1;
  for (let index = 0; index < 50 && failures < 3; index++) {
    const exchange = await begin(target);
    const isIt = exchange.endpoint.port === failing;
    failures += Number(isIt);
    if (!isIt) clock.ms += 500;
    answer(exchange, isIt ? 500 : 200);
  }
  assert.equal(failures, 3);
  const shutAtMs = clock.ms;
  for (let index = 0; index < 20; index++) assert.equal(await serve(200), healthy);
  clock.ms = shutAtMs + 1000;
  assert.equal(await serve(500), failing, 'on probation');
  for (let index = 0; index < 5; index++) assert.equal(await serve(200), healthy);
  clock.ms += 1999;
  assert.equal(await serve(200), healthy, 'the pause has doubled');
  clock.ms += 1;
  assert.equal(await serve(200), failing);
  clock.ms += 60_000;
  const one = await begin(target);
  const other = await begin(target);
  assert.notEqual(one.endpoint.port, other.endpoint.port, 'both are ready again');
});

test('filters answer, edit and delay nothing: redirect, failure, header modifier, timeout', async (t) => {
  const at = (value: string) => [{ path: { kind: { case: 'prefix' as const, value } } }];
  const { target, dice } = await start(
    t,
    policy([
      route(
        'filters',
        {
          matches: at('/old'),
          backends: first('web-svc'),
          filters: [
            {
              kind: {
                case: 'redirect',
                value: { host: 'new.test', path: { replace: { case: 'prefix', value: '/new' } } },
              },
            },
          ],
        },
        {
          matches: at('/fail'),
          backends: first('web-svc'),
          filters: [
            {
              kind: {
                case: 'failureInjector',
                value: { status: 418, message: 'teapot', ratio: { numerator: 1, denominator: 2 } },
              },
            },
          ],
        },
        {
          matches: at('/edit'),
          backends: first('web-svc'),
          timeouts: { request: toDuration(1500) },
          filters: [
            {
              kind: {
                case: 'requestHeaderModifier',
                value: { set: toHeaders([['X-Set', 'a']]), remove: ['X-Gone'] },
              },
            },
          ],
        },
      ),
    ]),
  );
  const moved = await refusal(target, requestHead({ path: '/old/a?b=c', authority: 'web:8080' }));
  assert.equal(moved.status, 301);
  assert.deepEqual(moved.fields, [['location', 'http://new.test/new/a?b=c']]);
  const failed = await refusal(target, requestHead({ path: '/fail' }));
  assert.equal(failed.status, 418);
  dice.value = 0.5;
  answer(await begin(target, requestHead({ path: '/fail' })), 200);
  const edited = await begin(target, requestHead({ path: '/edit' }));
  assert.equal(edited.timeoutMs, 1500);
  assert.deepEqual(edited.headerEdit.set.at(-1), ['x-set', 'a']);
  assert.ok(edited.headerEdit.strip.includes('x-gone'));
  answer(edited, 200);
});

test('a policy with a profile: routes and overrides of the profile win, without them the policy', async (t) => {
  const init = policy([route('all', { backends: first('v2-svc') })]);
  const without = await start(t, init);
  assert.equal((await begin(without.target)).endpoint.port, 8003);
  const withRoutes = await start(t, init, {
    routes: [{ condition: { match: { case: 'path', value: { regex: '/x' } } } }],
  });
  assert.equal((await begin(withRoutes.target)).endpoint.port, 8001);
});

test('no policy is as before, an unreadable one is 500, a new one is in force at once', async (t) => {
  const { target, controller } = await start(t, new ConnectError('none', Code.NotFound));
  assert.equal((await begin(target)).endpoint.port, 8001);
  const faulty = await start(t, policy([route('all', {})]));
  assert.equal((await refusal(faulty.target)).status, 500);
  assert.ok(controller.askedPolicies.includes(`policy ${ADDRESS}`));
  faulty.controller.setPolicy(ADDRESS, policy([route('all', { backends: first('v2-svc') })]));
  for (let attempt = 0; attempt < 200; attempt++) {
    const begun = await faulty.target.http.begin(requestHead(), PLAIN_PEER);
    if (begun.kind === 'exchange') {
      assert.equal(begun.endpoint.port, 8003);
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('the new policy did not come into force');
});

test('answers are edited by the filters of the rule and then of the backend', async (t) => {
  const modifier = (set: [string, string][], remove: string[]) => ({
    kind: { case: 'responseHeaderModifier' as const, value: { set: toHeaders(set), remove } },
  });
  const filters = [
    modifier(
      [
        ['X-Rule', 'a'],
        ['X-Both', 'rule'],
      ],
      ['server'],
    ),
  ];
  const backends = [
    { backend: backend('web-svc'), filters: [modifier([['X-Both', 'backend']], [])] },
  ];
  const matches = [{ path: { kind: { case: 'exact' as const, value: '/edited' } } }];
  const { target } = await start(
    t,
    policy([
      route(
        'all',
        { backends: first('web-svc') },
        {
          matches,
          filters,
          backends: { kind: { case: 'firstAvailable', value: { backends } } },
        },
      ),
    ]),
  );
  const edited = await begin(target, requestHead({ path: '/edited' }));
  assert.deepEqual(edited.answerEdit?.set, [
    ['x-rule', 'a'],
    ['x-both', 'backend'],
  ]);
  assert.ok(edited.answerEdit.strip.includes('server'));
  answer(edited, 200);
  const plain = await begin(target);
  assert.equal(plain.answerEdit, null);
  answer(plain, 200);
});

test('random hosts, paths and fields make no series', async (t) => {
  const { target, metrics, samples } = await start(
    t,
    policy([route('all', { backends: first('web-svc') })]),
  );
  answer(await begin(target), 200);
  answer(await begin(target), 200);
  samples();
  const before = metrics.registry.expose().split('\n').length;
  for (let index = 0; index < 300; index++) {
    const text = Math.random().toString(36).slice(2);
    const parts = { authority: `${text}.test`, path: `/${text}?${text}` };
    answer(await begin(target, requestHead(parts, [['x-any', text]])), 200);
  }
  assert.equal(metrics.registry.expose().split('\n').length, before);
});
