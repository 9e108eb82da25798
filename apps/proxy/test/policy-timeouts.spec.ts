/** Policies that time answers and change them, on the wire: one real outbound proxy, both HTTP versions. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, before, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { toDuration, toHeaders, toTcpAddress, type outbound } from '@tulle/proxy-api';
import { testAuthority } from '../src/testing/certified.ts';
import { checkExposition, sum } from '../src/testing/exposition.ts';
import { startProxy, type ProxyProcess } from '../src/testing/proxy-process.ts';
import { ScriptedController } from '../src/testing/scripted-controller.ts';

type RuleInit = MessageInitShape<typeof outbound.HttpRoute_RuleSchema>;
type RuleParts = {
  filters?: NonNullable<RuleInit['filters']>;
  retry?: NonNullable<RuleInit['retry']>;
  timeouts?: NonNullable<RuleInit['timeouts']>;
  allowL5dRequestHeaders?: boolean;
};

const ADDRESSES = ['10.96.0.2:80', '10.96.0.3:80'];
let controller: ScriptedController;
let proxy: ProxyProcess;
const servers: Server[] = [];
let answer: RequestListener = (_req, res) => res.end();

before(async () => {
  const authority = await testAuthority();
  controller = await new ScriptedController().start();
  controller.script.certify = async (asked) => {
    const leaf = await authority.issue(asked.certificateSigningRequest, asked.identity);
    return {
      leafCertificate: leaf.certificateDer,
      intermediateCertificates: [...leaf.intermediatesDer],
      validUntil: timestampFromMs(leaf.validUntilMs),
    };
  };
  servers.push(
    createServer((req, res) => answer(req, res)),
    createHttp2Server((req, res) => answer(req as never, res as never)),
  );
  for (const [index, server] of servers.entries()) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const name = `web${index}.test.svc.cluster.local`;
    const { port } = server.address() as AddressInfo;
    const addrs = [{ addr: toTcpAddress('127.0.0.1', port) ?? {} }];
    controller.setProfile(ADDRESSES[index] ?? '', { fullyQualifiedName: name });
    controller.setPolicy(ADDRESSES[index] ?? '', policyOf(name));
    controller.setEndpoints(`${name}:80`, { update: { case: 'add', value: { addrs } } });
  }
  proxy = await startProxy({
    identity: 'bot.test.serviceaccount.identity.tulle.cluster.local',
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: controller.port,
    inbound: ['127.0.0.1:9'],
    outbound: ADDRESSES,
  });
});
after(async () => {
  await proxy.stop();
  for (const server of servers) server.close();
  await controller.kill();
});

function resource(kind: string, name: string) {
  return {
    kind: { case: 'resource' as const, value: { group: 'test', kind, name, namespace: 'test' } },
  };
}

function policyOf(service: string): MessageInitShape<typeof outbound.OutboundPolicySchema> {
  const path = `${service}:80`;
  const backend = {
    metadata: resource('Service', 'web'),
    kind: {
      case: 'balancer' as const,
      value: { discovery: { kind: { case: 'dst' as const, value: { path } } } },
    },
  };
  const rule = (prefix: string, more: RuleParts): RuleInit => ({
    matches: [{ path: { kind: { case: 'prefix', value: prefix } } }],
    backends: { kind: { case: 'firstAvailable', value: { backends: [{ backend }] } } },
    ...more,
  });
  const routes = [
    {
      metadata: resource('HTTPRoute', 'all'),
      rules: [
        rule('/', {}),
        rule('/edited', {
          filters: [
            {
              kind: {
                case: 'responseHeaderModifier',
                value: {
                  add: toHeaders([['x-added', 'a']]),
                  set: toHeaders([['Server', 'tulle']]),
                  remove: ['X-Secret'],
                },
              },
            },
          ],
        }),
        rule('/slow', {
          retry: {
            maxRetries: 1,
            maxRequestBytes: 1000,
            conditions: { statusRanges: [{ start: 503, end: 503 }] },
            timeout: toDuration(150),
          },
        }),
        rule('/response', { timeouts: { response: toDuration(150) } }),
        rule('/idle', { timeouts: { idle: toDuration(600) } }),
        rule('/own', { allowL5dRequestHeaders: true }),
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
  readonly isBroken: boolean;
}

async function bodyOf(stream: AsyncIterable<unknown>): Promise<Pick<Answer, 'body' | 'isBroken'>> {
  let body = '';
  try {
    for await (const chunk of stream) body += String(chunk);
  } catch {
    return { body, isBroken: true };
  }
  return { body, isBroken: false };
}

async function askHttp1(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const req = request({ port: proxy.outboundPorts[0], host: '127.0.0.1', path, headers });
  req.end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode ?? 0, headers: res.headers, ...(await bodyOf(res)) };
}

async function askHttp2(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const session = connectHttp2(`http://127.0.0.1:${proxy.outboundPorts[1]}`);
  const stream = session.request({ ':path': path, ...headers });
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  const { body, isBroken } = await bodyOf(stream);
  session.destroy();
  return {
    status: Number(head[':status']),
    headers: head,
    body,
    // Node takes a reset with CANCEL for an end.
    isBroken: isBroken || stream.rstCode !== 0,
  };
}

const ASKS = [askHttp1, askHttp2];

test('an answer is changed as the rule says', async () => {
  answer = (_req, res) => {
    res.setHeader('server', 'secretive/1.0');
    res.setHeader('x-secret', 'yes');
    res.setHeader('x-added', 'b');
    res.end('body');
  };
  for (const ask of ASKS) {
    const { headers, body } = await ask('/edited');
    assert.equal(headers['server'], 'tulle');
    assert.equal(headers['x-secret'], undefined);
    assert.equal(headers['x-added'], 'b, a');
    assert.equal(body, 'body');
    assert.equal((await ask('/')).headers['server'], 'secretive/1.0', 'other rules are left alone');
  }
});

test('an attempt that is not answered in time is given up and made again, the last one may take long', async () => {
  for (const ask of ASKS) {
    let attempts = 0;
    answer = (_req, res) => {
      attempts += 1;
      // The first is never answered, the last one late.
      if (attempts > 1) setTimeout(() => res.end('late'), 300);
    };
    const got = await ask('/slow');
    assert.equal(got.status, 200);
    assert.equal(got.body, 'late');
    assert.equal(attempts, 2);
  }
  const page = checkExposition(await proxy.metrics());
  assert.equal(sum(page, 'outbound_http_route_retry_requests_total'), 2);
  assert.equal(sum(page, 'outbound_http_route_retry_successes_total'), 2);
  const statuses = 'outbound_http_route_backend_response_statuses_total';
  assert.equal(sum(page, statuses, 'error="RESPONSE_HEADERS_TIMEOUT"'), 2);
});

test('an answer that does not end in time, or stands still, is cut off', async () => {
  answer = () => {};
  for (const ask of ASKS) assert.equal((await ask('/response')).status, 504);
  for (const ask of ASKS) assert.equal((await ask('/idle')).status, 504);
  answer = (_req, res) => {
    // Longer than the timeout as a whole, never still for so long.
    let pieces = 0;
    const timer = setInterval(() => {
      pieces += 1;
      if (pieces < 6) res.write('.');
      else {
        clearInterval(timer);
        res.end('!');
      }
    }, 150);
  };
  for (const ask of ASKS) assert.equal((await ask('/idle')).body, '.....!');
  answer = (_req, res) => void res.write('first');
  for (const ask of ASKS) {
    const still = await ask('/idle');
    assert.deepEqual([still.status, still.body, still.isBroken], [200, 'first', true]);
  }
  const page = checkExposition(await proxy.metrics());
  const statuses = 'outbound_http_route_request_statuses_total';
  assert.equal(sum(page, statuses, 'error="RESPONSE_STREAM_TIMEOUT"'), 2);
  assert.equal(sum(page, statuses, 'error="IDLE_TIMEOUT"'), 4);
});

test('a request asks for its own retries and timeouts where the rule lets it', async () => {
  const seen: IncomingHttpHeaders[] = [];
  answer = (req, res) => {
    seen.push(req.headers);
    res.statusCode = seen.length % 2 === 1 ? 503 : 200;
    res.end();
  };
  for (const ask of ASKS)
    assert.equal((await ask('/own', { 'l5d-retry-http': '5xx' })).status, 200);
  assert.equal(seen.length, 4);
  assert.ok(
    seen.every((headers) => headers['l5d-retry-http'] === undefined),
    'not passed on',
  );
  assert.equal((await askHttp1('/', { 'l5d-retry-http': '5xx' })).status, 503, 'not elsewhere');
  answer = () => {};
  for (const ask of ASKS) assert.equal((await ask('/own', { 'l5d-timeout': '100ms' })).status, 504);
});
