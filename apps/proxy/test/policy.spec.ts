/** Policies on the wire: a real proxy process, called through its outbound side and reached again through its inbound one. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { after, before, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  toDuration,
  toIpAddress,
  toTcpAddress,
  type inbound,
  type outbound,
} from '@tulle/proxy-api';
import { testAuthority } from '../src/testing/certified.ts';
import { checkExposition, sum } from '../src/testing/exposition.ts';
import { startProxy, type ProxyProcess } from '../src/testing/proxy-process.ts';
import { eventually, ScriptedController } from '../src/testing/scripted-controller.ts';

const IDENTITY = 'web.test.serviceaccount.identity.tulle.cluster.local';
const NAME = 'web.test.svc.cluster.local';
const NAME2 = 'web2.test.svc.cluster.local';
type RuleInit = MessageInitShape<typeof outbound.HttpRoute_RuleSchema>;
type RuleParts = {
  retry?: NonNullable<RuleInit['retry']>;
  filters?: NonNullable<RuleInit['filters']>;
};
type AuthzInit = MessageInitShape<typeof inbound.AuthzSchema>;

let controller: ScriptedController;
let proxy: ProxyProcess;
let web: Server;
let echo: Server;
let web2: Server;
let answer: RequestListener = (_req, res) => res.end();
const [webPort, echoPort] = [() => portOf(web), () => portOf(echo)];

before(async () => {
  const authority = await testAuthority();
  controller = await new ScriptedController().start();
  controller.script.certify = async (request_) => {
    const leaf = await authority.issue(request_.certificateSigningRequest, request_.identity);
    return {
      leafCertificate: leaf.certificateDer,
      intermediateCertificates: [...leaf.intermediatesDer],
      validUntil: timestampFromMs(leaf.validUntilMs),
    };
  };
  web = createServer((req, res) => answer(req, res));
  echo = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  web2 = createHttp2Server((req, res) => answer(req as never, res as never));
  for (const server of [web, echo, web2]) await once(server.listen(0, '127.0.0.1'), 'listening');
  controller.setServer(webPort(), serverPolicy('detect', authz('all', 'anybody'), 1000));
  controller.setServer(echoPort(), serverPolicy('opaque', authz('all', 'anybody')));
  controller.setProfile('10.96.0.2:80', { fullyQualifiedName: NAME });
  controller.setPolicy('10.96.0.2:80', outboundPolicy(NAME));
  controller.setProfile('10.96.0.3:80', { fullyQualifiedName: NAME2 });
  controller.setPolicy('10.96.0.3:80', outboundPolicy(NAME2));
  proxy = await startProxy({
    identity: IDENTITY,
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: controller.port,
    inbound: [web, echo, web2].map((server) => `127.0.0.1:${portOf(server)}`),
    outbound: ['10.96.0.2:80', '10.96.0.3:80'],
    env: {
      LINKERD2_PROXY_ACCESS_LOG: 'json',
      LINKERD2_PROXY_INBOUND_PORTS: `${webPort()},${echoPort()}`,
    },
  });
  controller.setEndpoints(`${NAME}:80`, instance(proxy.inboundPorts[0] ?? 0));
  controller.setEndpoints(`${NAME2}:80`, instance(proxy.inboundPorts[2] ?? 0));
});
after(async () => {
  await proxy.stop();
  web.close();
  echo.close();
  web2.close();
  await controller.kill();
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function instance(port: number) {
  const strategy = { case: 'dnsLikeIdentity' as const, value: { name: IDENTITY } };
  const addrs = [{ addr: toTcpAddress('127.0.0.1', port) ?? {}, tlsIdentity: { strategy } }];
  return { update: { case: 'add' as const, value: { addrs } } };
}

function resource(kind: string, name: string) {
  const value = { group: 'test', kind, name, namespace: 'test' };
  return { kind: { case: 'resource' as const, value } };
}

function authz(name: string, whom: 'anybody' | 'nobody'): AuthzInit {
  const clients = { case: 'identities' as const, value: { identities: [] } };
  return {
    networks: [{ net: { ip: toIpAddress('0.0.0.0') ?? {}, prefixLen: 0 } }],
    metadata: resource('AuthorizationPolicy', name),
    authentication: {
      permit:
        whom === 'anybody'
          ? { case: 'unauthenticated', value: {} }
          : { case: 'meshTLS', value: { clients } },
    },
  };
}

function serverPolicy(
  protocol: 'detect' | 'opaque',
  authorization: AuthzInit,
  requestsPerSecond = 0,
): MessageInitShape<typeof inbound.ServerSchema> {
  const httpLocalRateLimit = {
    metadata: resource('HTTPLocalRateLimitPolicy', 'limit'),
    total: { requestsPerSecond },
  };
  const detect = {
    timeout: toDuration(1000),
    ...(requestsPerSecond > 0 && { httpLocalRateLimit }),
  };
  return {
    labels: { group: 'test', kind: 'server', name: protocol },
    authorizations: [authorization],
    protocol: {
      kind:
        protocol === 'detect' ? { case: 'detect', value: detect } : { case: 'opaque', value: {} },
    },
  };
}

function outboundPolicy(name: string): MessageInitShape<typeof outbound.OutboundPolicySchema> {
  const backend = {
    metadata: resource('Service', 'web'),
    kind: {
      case: 'balancer' as const,
      value: {
        discovery: { kind: { case: 'dst' as const, value: { path: `${name}:80` } } },
      },
    },
  };
  const rule = (path: string, more: RuleParts): RuleInit => ({
    matches: [{ path: { kind: { case: 'prefix', value: path } } }],
    backends: { kind: { case: 'firstAvailable', value: { backends: [{ backend }] } } },
    ...more,
  });
  const retry = {
    maxRetries: 2,
    maxRequestBytes: 1000,
    conditions: { statusRanges: [{ start: 503, end: 503 }] },
    backoff: { minBackoff: toDuration(60), maxBackoff: toDuration(60), jitterRatio: 0 },
  };
  const routes = [
    {
      metadata: resource('HTTPRoute', 'all'),
      rules: [
        rule('/', {}),
        rule('/retry', { retry }),
        rule('/moved', {
          filters: [{ kind: { case: 'redirect', value: { host: 'new.test', status: 302 } } }],
        }),
        rule('/pkg.Service', {
          filters: [{ kind: { case: 'failureInjector', value: { status: 503 } } }],
        }),
      ],
    },
  ];
  return {
    metadata: resource('Service', 'web'),
    protocol: {
      kind: {
        case: 'detect',
        value: { timeout: toDuration(1000), opaque: {}, http1: { routes }, http2: { routes } },
      },
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function askHttp1(path: string, body = ''): Promise<Answer> {
  const req = request({
    port: proxy.outboundPorts[0],
    path,
    host: '127.0.0.1',
    method: body === '' ? 'GET' : 'POST',
    headers: { Host: NAME },
    agent: false,
  });
  req.end(body);
  const [res]: IncomingMessage[] = await once(req, 'response');
  assert.ok(res !== undefined);
  let text = '';
  for await (const chunk of res) text += String(chunk);
  return { status: res.statusCode ?? 0, headers: res.headers, body: text };
}

async function askHttp2(path: string, body = '', contentType = 'text/plain'): Promise<Answer> {
  const session = connectHttp2(`http://127.0.0.1:${proxy.outboundPorts[1]}`);
  const stream = session.request({
    ':path': path,
    ':authority': NAME2,
    ':method': body === '' ? 'GET' : 'POST',
    'content-type': contentType,
  });
  if (body !== '') stream.end(body);
  const [headers]: IncomingHttpHeaders[] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  session.close();
  return { status: Number(headers?.[':status']), headers: headers ?? {}, body: text };
}

test('a request is sent again with its body after a pause until an answer will do', async () => {
  const bodies: string[] = [];
  answer = (req, res) => {
    let body = '';
    req.on('data', (chunk) => (body += String(chunk)));
    req.on('end', () => {
      bodies.push(body);
      res.statusCode = bodies.length < 3 ? 503 : 200;
      res.end('done');
    });
  };
  for (const ask of [askHttp1, askHttp2]) {
    bodies.length = 0;
    const startedAtMs = performance.now();
    const got = await ask('/retry', 'hello');
    assert.equal(got.status, 200);
    assert.equal(got.body, 'done');
    assert.deepEqual(bodies, ['hello', 'hello', 'hello']);
    assert.ok(performance.now() - startedAtMs >= 119, 'two pauses of 60 ms');
  }
});

test('a redirect carries its location over both versions; an injected failure is gRPC to gRPC', async () => {
  for (const got of [await askHttp1('/moved/a?b'), await askHttp2('/moved/a?b')]) {
    assert.equal(got.status, 302);
    assert.equal(got.headers['location'], 'http://new.test/moved/a?b');
  }
  const grpc = await askHttp2('/pkg.Service/Call', 'x', 'application/grpc');
  assert.equal(grpc.status, 200);
  assert.equal(grpc.headers['grpc-status'], '14');
  assert.equal((await askHttp1('/pkg.Service/Call')).status, 503);
});

test('a changed inbound policy refuses the next request and cuts the connection under way', async () => {
  answer = (_req, res) => res.end('in');
  assert.equal((await askHttp1('/a')).status, 200);
  const socket = connect(proxy.inboundPorts[1] ?? 0, '127.0.0.1');
  socket.write('hello');
  const [echoed] = (await once(socket, 'data')) as [Buffer];
  assert.equal(String(echoed), 'hello');
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  controller.setServer(echoPort(), serverPolicy('opaque', authz('none', 'nobody')));
  await closed;
  controller.setServer(webPort(), serverPolicy('detect', authz('none', 'nobody')));
  let status = 200;
  for (let attempt = 0; attempt < 100 && status === 200; attempt++) {
    ({ status } = await askHttp1('/a'));
  }
  assert.equal(status, 403);
});

test('all of it shows in the metrics and in the access log', async () => {
  const page = checkExposition(await proxy.metrics());
  const route = 'route_name="all"';
  assert.equal(sum(page, 'outbound_http_route_retry_requests_total', route), 4);
  assert.equal(sum(page, 'outbound_http_route_retry_successes_total', route), 2);
  assert.equal(sum(page, 'inbound_tcp_authz_terminate_total', 'srv_name="opaque"'), 1);
  assert.ok(sum(page, 'inbound_http_authz_deny_total', 'srv_name="detect"') >= 1);
  await eventually(() => proxy.output().includes('"status":403'), 'the line of a refusal');
  const line = /^\{"client\.addr".*"uri":"\/retry".*"status":200.*\}$/m.exec(proxy.output());
  const entry = JSON.parse(line?.[0] ?? '{}') as Record<string, unknown>;
  assert.equal(entry['client.id'], IDENTITY);
  assert.equal(entry['response_bytes'], 4);
  assert.equal(entry['request_bytes'], '5');
});
