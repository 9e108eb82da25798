import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toDuration, toHeaders, toIpAddress, type inbound } from '@tulle/proxy-api';
import type { Exchange, Peer, Refusal, RequestHead } from '../stack/http-service.ts';
import { eventually } from '../testing/scripted-controller.ts';
import { sum } from '../testing/exposition.ts';
import { meshedPeer, PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const ORIGINAL = { host: '127.0.0.1', port: 9000 };
const BOT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const OTHER = 'other.prod.serviceaccount.identity.tulle.cluster.local';
type ServerInit = MessageInitShape<typeof inbound.ServerSchema>;
type AuthzInit = MessageInitShape<typeof inbound.AuthzSchema>;
type RouteInit = MessageInitShape<typeof inbound.HttpRouteSchema>;
type LimitInit = MessageInitShape<typeof inbound.HttpLocalRateLimitSchema>;
type Permit = NonNullable<MessageInitShape<typeof inbound.AuthnSchema>['permit']>;

const ANYWHERE = [{ net: { ip: toIpAddress('0.0.0.0') ?? {}, prefixLen: 0 } }];
const ANYBODY: Permit = { case: 'unauthenticated', value: {} };

function resource(kind: string, name: string) {
  const value = { group: 'policy.linkerd.io', kind, name, namespace: 'test' };
  return { kind: { case: 'resource' as const, value } };
}

function authz(
  name: string,
  permit: Permit,
  networks: AuthzInit['networks'] = ANYWHERE,
): AuthzInit {
  return {
    networks,
    authentication: { permit },
    metadata: resource('AuthorizationPolicy', name),
  };
}

function identities(...names: string[]): Permit {
  const value = { identities: names.map((name) => ({ name })) };
  return { case: 'meshTLS', value: { clients: { case: 'identities', value } } };
}

function server(
  authorizations: AuthzInit[],
  routes: RouteInit[] = [],
  limit?: LimitInit,
): ServerInit {
  return {
    labels: { group: 'policy.linkerd.io', kind: 'server', name: 'web-http' },
    authorizations,
    protocol: {
      kind: {
        case: 'detect',
        value: {
          timeout: toDuration(1000),
          httpRoutes: routes,
          ...(limit && { httpLocalRateLimit: limit }),
        },
      },
    },
  };
}

async function start(
  t: TestContext,
  init: ServerInit | null,
  variables: Readonly<Record<string, string>> = {},
) {
  const lines: string[] = [];
  const mesh = await startTargets(
    variables,
    () => 0,
    (line) => lines.push(line),
  );
  t.after(() => mesh.close());
  const { controller, targets } = mesh;
  if (init !== null) controller.setServer(9000, init);
  const target = targets.inbound(ORIGINAL);
  const begin = (head: RequestHead, peer: Peer): Exchange | Refusal => {
    const begun = target.http.begin(head, peer);
    assert.ok(!(begun instanceof Promise));
    if (begun.kind === 'exchange') {
      begun.responseHead(responseHead(200), false);
      begun.firstBodyByte();
      begun.responseBytes(5);
      begun.end({ kind: 'complete' });
    }
    return begun;
  };
  const status = (head: RequestHead, peer: Peer): number => {
    const begun = begin(head, peer);
    return begun.kind === 'exchange' ? 200 : begun.status;
  };
  /** Puts a server in force. */
  const change = async (next: ServerInit): Promise<void> => {
    const before = mesh.changes();
    controller.setServer(9000, next);
    await eventually(() => mesh.changes() > before, 'the change');
  };
  if (init !== null) await eventually(() => mesh.changes() > 0, 'the policy');
  return { ...mesh, target, begin, status, change, lines };
}

test('a server lets in whom its authorizations name, at connect and for each request', async (t) => {
  const { target, status, samples } = await start(t, server([authz('bots', identities(BOT))]));
  assert.equal(status(requestHead(), meshedPeer(BOT)), 200);
  assert.equal(status(requestHead(), meshedPeer(OTHER)), 403);
  assert.equal(status(requestHead(), PLAIN_PEER), 403);
  const allowed = await target.tcp.connect(meshedPeer(BOT));
  assert.equal(allowed.kind, 'exchange');
  allowed.closed(null);
  assert.equal((await target.tcp.connect(PLAIN_PEER)).kind, 'refusal');
  const page = samples();
  const srv = 'srv_group="policy.linkerd.io",srv_kind="server",srv_name="web-http",srv_port="9000"';
  const az = 'authz_kind="AuthorizationPolicy",authz_name="bots"';
  assert.equal(sum(page, 'inbound_http_authz_allow_total', srv, az, `client_id="${BOT}"`), 1);
  assert.equal(sum(page, 'inbound_http_authz_deny_total', srv, 'route_name="default"'), 2);
  assert.equal(sum(page, 'inbound_tcp_authz_allow_total', srv, az), 1);
  assert.equal(sum(page, 'inbound_tcp_authz_deny_total', srv), 1);
  assert.equal(sum(page, 'request_total', srv, az, 'direction="inbound"'), 1);
});

test('networks, their exceptions, suffixes of identities and any mutual TLS are told apart', async (t) => {
  const net = (text: string, prefixLen: number) => ({ ip: toIpAddress(text) ?? {}, prefixLen });
  const at = (address: string, peer: Peer): Peer => ({ ...peer, address });
  const { status, change } = await start(
    t,
    server([
      authz('lan', ANYBODY, [{ net: net('10.0.0.0', 8), except: [net('10.9.0.0', 16)] }]),
      authz('team', {
        case: 'meshTLS',
        value: {
          clients: {
            case: 'identities',
            value: {
              suffixes: [
                { parts: ['test', 'serviceaccount', 'identity', 'tulle', 'cluster', 'local'] },
              ],
            },
          },
        },
      }),
    ]),
  );
  assert.equal(status(requestHead(), at('10.1.2.3', PLAIN_PEER)), 200);
  assert.equal(status(requestHead(), at('::ffff:10.1.2.3', PLAIN_PEER)), 200);
  assert.equal(status(requestHead(), at('10.9.2.3', PLAIN_PEER)), 403);
  assert.equal(status(requestHead(), meshedPeer(BOT)), 200);
  assert.equal(status(requestHead(), meshedPeer(OTHER)), 403);
  const anyTls: Permit = {
    case: 'meshTLS',
    value: { clients: { case: 'unauthenticated', value: {} } },
  };
  await change(server([authz('mesh', anyTls)]));
  assert.equal(status(requestHead(), meshedPeer(OTHER)), 200);
  assert.equal(status(requestHead(), PLAIN_PEER), 403);
});

test('routes have authorizations and filters of their own; none that matches is 404', async (t) => {
  const route = (
    name: string,
    prefix: string,
    more: { authorizations?: AuthzInit[] } = {},
    rule = {},
  ): RouteInit => ({
    metadata: resource('HTTPRoute', name),
    rules: [{ matches: [{ path: { kind: { case: 'prefix', value: prefix } } }], ...rule }],
    ...more,
  });
  const { status, begin, samples } = await start(
    t,
    server(
      [authz('bots', identities(BOT))],
      [
        route('health', '/health', { authorizations: [authz('probes', ANYBODY)] }),
        route(
          'moved',
          '/moved',
          {},
          {
            filters: [
              {
                kind: {
                  case: 'redirect',
                  value: { path: { replace: { case: 'full', value: '/new' } } },
                },
              },
            ],
          },
        ),
        route(
          'edited',
          '/edited',
          {},
          {
            filters: [
              {
                kind: {
                  case: 'requestHeaderModifier',
                  value: { add: toHeaders([['x-by', 'policy']]) },
                },
              },
            ],
          },
        ),
      ],
    ),
  );
  assert.equal(status(requestHead({ path: '/health' }), PLAIN_PEER), 200);
  assert.equal(status(requestHead({ path: '/edited' }), PLAIN_PEER), 403);
  assert.equal(status(requestHead({ path: '/elsewhere' }), meshedPeer(BOT)), 404);
  const moved = begin(
    requestHead({ path: '/moved', authority: 'web' }),
    meshedPeer(BOT),
  ) as Refusal;
  assert.equal(moved.status, 301);
  assert.deepEqual(moved.fields, [['location', 'http://web/new']]);
  const edited = begin(requestHead({ path: '/edited' }), meshedPeer(BOT)) as Exchange;
  assert.deepEqual(edited.headerEdit.set, [
    ['l5d-client-id', BOT],
    ['x-by', 'policy'],
  ]);
  const page = samples();
  assert.equal(sum(page, 'inbound_http_route_not_found_total', 'srv_name="web-http"'), 1);
  const health = ['route_kind="HTTPRoute",route_name="health"', 'authz_name="probes"'];
  assert.equal(sum(page, 'inbound_http_authz_allow_total', health[0] ?? '', health[1] ?? ''), 1);
  assert.equal(sum(page, 'inbound_http_authz_deny_total', 'route_name="edited"'), 1);
});

test('a rate limit answers 429: in all, for each identity, and otherwise for some', async (t) => {
  const { status, clock, samples } = await start(
    t,
    server([authz('all', ANYBODY)], [], {
      metadata: resource('HTTPLocalRateLimitPolicy', 'limit'),
      total: { requestsPerSecond: 10 },
      identity: { requestsPerSecond: 2 },
      overrides: [{ limit: { requestsPerSecond: 4 }, clients: { identities: [{ name: OTHER }] } }],
    }),
  );
  const take = (peer: Peer, count: number): number =>
    Array.from({ length: count }, () => status(requestHead(), peer)).filter((code) => code === 200)
      .length;
  assert.equal(take(meshedPeer(BOT), 3), 2);
  assert.equal(take(meshedPeer(OTHER), 5), 4);
  assert.equal(take(PLAIN_PEER, 9), 2, 'what is left of the total');
  clock.ms = 1000;
  assert.equal(take(meshedPeer(BOT), 3), 2);
  const page = samples();
  const limit = 'ratelimit_kind="HTTPLocalRateLimitPolicy",ratelimit_name="limit"';
  const family = 'inbound_http_local_ratelimit_total';
  assert.equal(sum(page, family, limit, 'ratelimit_scope="identity"', `client_id="${BOT}"`), 2);
  assert.equal(sum(page, family, limit, 'ratelimit_scope="total"'), 7);
});

test('a changed policy cuts connections it no longer allows and keeps the others', async (t) => {
  const { target, change, samples } = await start(t, server([authz('all', ANYBODY)]));
  const cut: string[] = [];
  const open = async (peer: Peer, name: string) => {
    const exchange = await target.tcp.connect(peer);
    assert.equal(exchange.kind, 'exchange');
    exchange.connected();
    exchange.onTerminate?.(() => cut.push(name));
    return exchange;
  };
  const plain = await open(PLAIN_PEER, 'plain');
  const meshed = await open(meshedPeer(BOT), 'meshed');
  const over = await open(PLAIN_PEER, 'over');
  over.closed(null);
  await change(server([authz('bots', identities(BOT))]));
  assert.deepEqual(cut, ['plain']);
  plain.closed(null);
  meshed.closed(null);
  assert.equal(sum(samples(), 'inbound_tcp_authz_terminate_total', 'srv_name="web-http"'), 1);
});

test('the default stays without a policy; the last policy stays while the controller is away', async (t) => {
  const none = await start(t, null, { INBOUND_DEFAULT_POLICY: 'all-authenticated' });
  await eventually(() => none.controller.askedPolicies.includes('server 9000'), 'asking');
  assert.equal(none.status(requestHead(), PLAIN_PEER), 403);
  assert.equal(none.status(requestHead(), meshedPeer(BOT)), 200);
  const away = await start(t, server([authz('bots', identities(BOT))]));
  await away.controller.kill();
  assert.equal(away.status(requestHead(), PLAIN_PEER), 403);
  assert.equal(away.status(requestHead(), meshedPeer(BOT)), 200);
  await away.controller.start();
});

test('ports named at the start are asked for at once; opaque is opaque; an unreadable policy is 500', async (t) => {
  const { controller, status, target } = await start(t, null, {
    INBOUND_PORTS: '9000,9100',
  });
  await eventually(() => controller.askedPolicies.includes('server 9100'), 'asking');
  assert.equal(target.protocol, 'detect');
  const eager = await start(t, { protocol: { kind: { case: 'opaque', value: {} } } });
  assert.equal(eager.target.protocol, 'opaque');
  await eager.change({
    authorizations: [{ networks: [] }],
    protocol: { kind: { case: 'opaque', value: {} } },
  });
  assert.equal(eager.status(requestHead(), PLAIN_PEER), 500);
  assert.equal((await eager.target.tcp.connect(PLAIN_PEER)).kind, 'refusal');
  assert.equal(status(requestHead(), PLAIN_PEER), 200);
});

test('the access log has a line for each request, in either format, and nothing forged in it', async (t) => {
  const json = await start(t, server([authz('bots', identities(BOT))]), { ACCESS_LOG: 'json' });
  const head = requestHead({ path: '/a"b', authority: 'web' }, [
    ['user-agent', 'x\r\ny'],
    ['x-request-id', 'trace-1'],
  ]);
  json.status(head, meshedPeer(BOT));
  json.status(head, PLAIN_PEER);
  const [first, second] = json.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(first?.['status'], 200);
  assert.equal(first?.['response_bytes'], 5);
  assert.equal(first?.['client.id'], BOT);
  assert.equal(first?.['trace_id'], 'trace-1');
  assert.equal(first?.['user_agent'], 'x??y');
  assert.equal(second?.['status'], 403);
  assert.equal(json.lines.length, 2);
  const apache = await start(t, null, { ACCESS_LOG: 'apache' });
  apache.status(head, PLAIN_PEER);
  assert.match(
    apache.lines[0] ?? '',
    /^127\.0\.0\.1:50000 - - \[\d{4}-.+Z\] "GET \/a\\"b HTTP\/1\.1" 200 5\n$/,
  );
});

test('random hosts, paths and methods make no series', async (t) => {
  const { begin, metrics, samples } = await start(t, server([authz('all', ANYBODY)]));
  begin(requestHead(), PLAIN_PEER);
  samples();
  const before = metrics.registry.expose().split('\n').length;
  for (let index = 0; index < 500; index++) {
    const text = Math.random().toString(36).slice(2);
    const parts = { method: 'GET', authority: `${text}.test`, path: `/${text}?${text}` };
    begin(requestHead(parts, [['user-agent', text]]), PLAIN_PEER);
  }
  samples();
  assert.equal(metrics.registry.expose().split('\n').length, before);
});
