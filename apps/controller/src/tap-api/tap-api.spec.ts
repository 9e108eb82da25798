import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createLogger } from '@tulle/telemetry';
import type { Credentials } from '@tulle/pki';
import { TapEventSchema, toHeaders, toHttpMethod, toScheme, vizTap } from '@tulle/proxy-api';
import type { TapEvent, TapEvent_HttpSchema } from '@tulle/proxy-api';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { cleanups, setUp, until, WEB } from '../tap/testing/tap-mesh.ts';
import type { Harness } from '../tap/testing/tap-mesh.ts';
import { identityOf, testAuthority } from '../tap/testing/tap-proxy.ts';
import { readFrontProxy } from './front-proxy.ts';
import type { TapLine } from './exchange-stream.ts';
import { startTapApi } from './tap-api-server.ts';

const PATH = '/apis/tap.linkerd.io/v1alpha1/watch/namespaces/demo/deployments/web/tap';
type HttpEvent = NonNullable<MessageInitShape<typeof TapEvent_HttpSchema>['event']>;

interface Asked {
  readonly spec: { readonly user: string; readonly groups: string[]; readonly extra: object };
}

/** A tap API in front of real proxies; `anna` has the right to tap. */
async function start(allowedNames: readonly string[] = []) {
  const mesh = setUp();
  const serving = await (await testAuthority()).issueCredentials('tulle-tap.tulle.svc');
  const aggregator = await testAuthority();
  const frontProxy = readFrontProxy({
    'requestheader-client-ca-file': (await aggregator.issueCredentials('x')).anchorsPem,
    'requestheader-allowed-names': JSON.stringify(allowedNames),
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  });
  const reviews: Asked[] = [];
  const api = {
    request: async ({ body }: { body?: unknown }) => {
      reviews.push(body as Asked);
      return { status: { allowed: (body as Asked).spec.user === 'anna' } };
    },
  } as Pick<KubernetesApi, 'request'>;
  const server = await startTapApi({
    listen: { host: '127.0.0.1', port: 0 },
    certificate: {
      current: () => serving,
      waitingFor: () => null,
      onChange: () => undefined,
      close: () => undefined,
    },
    frontProxy: { current: () => frontProxy, onChange: () => undefined },
    api,
    hub: mesh.hub,
    connect: mesh.connect,
    state: mesh.state,
    onStateChange: mesh.onStateChange,
    log: createLogger({ name: 'test', level: 'error', format: 'json', write: () => undefined }),
  });
  cleanups.unshift(() => server.close());
  const client = await aggregator.issueCredentials('front-proxy-client');
  const stranger = await (await testAuthority()).issueCredentials('front-proxy-client');
  return { mesh, reviews, client, stranger, port: server.port };
}

interface Question {
  readonly port: number;
  readonly as?: Credentials;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Uint8Array;
}

/** The answer's head; its body goes on until the test ends. */
function ask(question: Question): Promise<IncomingMessage> {
  const { port, as, path = PATH, method = 'GET', headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers,
      agent: false,
      rejectUnauthorized: false,
      ...(as === undefined ? {} : { cert: as.certPem, key: as.keyPem }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    cleanups.unshift(() => outgoing.destroy());
    outgoing.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

const ANNA = { 'x-remote-user': 'anna', 'x-remote-group': ['dev', 'system:authenticated'] };

async function exchangeAt(mesh: Harness): Promise<void> {
  const proxy = mesh.proxies[0];
  assert.ok(proxy);
  await until(() => proxy.observers.size > 0, 'the Observe');
  const id = { base: 1, stream: 1n };
  const init: HttpEvent = {
    case: 'requestInit',
    value: {
      id,
      method: toHttpMethod('GET'),
      scheme: toScheme('http'),
      authority: 'web-svc',
      path: '/api/list',
      headers: toHeaders([['user-agent', 'test']]),
    },
  };
  proxy.send(init, { sourceMeta: { labels: { tls: 'true', client_id: identityOf('bot') } } });
  proxy.send({ case: 'responseInit', value: { id, httpStatus: 200 } });
  proxy.send({ case: 'responseEnd', value: { id } });
}

test('anybody may read what is here; kubectl learns the resources that can be tapped', async () => {
  const { port } = await start();
  const path = '/apis/tap.linkerd.io/v1alpha1';
  const list = JSON.parse(await textOf(await ask({ port, path }))) as {
    resources: { name: string; verbs: string[] }[];
  };
  const deployments = list.resources.find(({ name }) => name === 'deployments/tap');
  assert.deepEqual(deployments?.verbs, ['watch']);
  assert.equal((await ask({ port, path: '/healthz' })).statusCode, 200);
  assert.equal((await ask({ port, path: `${path}/nothing` })).statusCode, 404);
});

test('headers count only from the API server, proved by its client certificate', async () => {
  const { port, client, stranger, reviews } = await start();
  for (const as of [undefined, stranger]) {
    const answer = await ask({ port, headers: ANNA, ...(as && { as }) });
    assert.equal(answer.statusCode, 401);
    assert.match(await textOf(answer), /proves itself by a client certificate/);
  }
  assert.equal(reviews.length, 0);
  assert.equal((await ask({ port, as: client })).statusCode, 401);
});

test('a certificate of the right authority with another name is nobody’s', async () => {
  const { port, client } = await start(['aggregator']);
  const answer = await ask({ port, headers: ANNA, as: client });
  assert.equal(answer.statusCode, 401);
  assert.match(await textOf(answer), /not one of the API server’s \(aggregator\)/);
});

test('who may tap is RBAC; a refusal names the missing right', async () => {
  const { port, client, reviews } = await start();
  const headers = {
    'x-remote-user': 'bert',
    'x-remote-group': ['dev,ops', 'qa'],
    'x-remote-extra-example.com%2fteam': 'a',
  };
  const answer = await ask({ port, as: client, headers });
  assert.equal(answer.statusCode, 403);
  assert.match(
    await textOf(answer),
    /bert may not tap deployments\/web in namespace demo: that takes the verb watch on deployments\/tap/,
  );
  const { user, groups, extra } = reviews[0]?.spec ?? {};
  assert.deepEqual(
    { user, groups, extra },
    {
      user: 'bert',
      groups: ['dev,ops', 'qa'],
      extra: { 'example.com/team': ['a'] },
    },
  );
});

test('whole exchanges come as lines, with what the tap has to say about itself', async () => {
  const { mesh, port, client } = await start();
  await mesh.add('web-1');
  const answer = await ask({ port, as: client, headers: ANNA, path: `${PATH}?filter=method:GET` });
  assert.equal(answer.statusCode, 200);
  const lines: TapLine[] = [];
  answer.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) {
      if (line !== '') lines.push(JSON.parse(line) as TapLine);
    }
  });
  await exchangeAt(mesh);
  await until(() => lines.some(({ exchange }) => exchange !== undefined), 'the exchange');
  const row = lines.find(({ exchange }) => exchange !== undefined)?.exchange;
  assert.deepEqual([row?.path, row?.httpStatus, row?.reporter.name], ['/api/list', 200, 'web-1']);
  await until(() => lines.some(({ notice }) => notice?.proxiesAnswered === 1), 'the notice');
  answer.destroy();
  await until(() => mesh.hub.stats().taps === 0, 'the end of the tap');
  const bad = await ask({ port, as: client, headers: ANNA, path: `${PATH}?filter=nonsense:` });
  assert.equal(bad.statusCode, 400);
});

test('Linkerd’s clients get events as protobuf, each after its length, with the names of both ends', async () => {
  const { mesh, port, client } = await start();
  await mesh.add('web-1');
  const body = requestFor('web');
  const answer = await ask({ port, as: client, headers: ANNA, method: 'POST', body });
  assert.equal(answer.headers['content-type'], 'application/octet-stream');
  let bytes = Buffer.alloc(0);
  const events: TapEvent[] = [];
  answer.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
      const end = 4 + bytes.readUInt32LE(0);
      events.push(fromBinary(TapEventSchema, bytes.subarray(4, end)));
      bytes = bytes.subarray(end);
    }
  });
  await exchangeAt(mesh);
  await until(() => events.length === 3, 'three events');
  assert.deepEqual(
    events.map(({ event }) => event.value?.event.case),
    ['requestInit', 'responseInit', 'responseEnd'],
  );
  const labels = events[0]?.destinationMeta?.labels;
  assert.deepEqual([labels?.['deployment'], labels?.['pod']], ['web', 'web-1']);
  assert.equal(events[0]?.sourceMeta?.labels['client_id'], identityOf('bot'));
  const [asked] = mesh.proxies[0]?.requests ?? [];
  assert.equal(asked?.match?.match.case, 'all');
});

test('the body may not ask for something else than the URL, which the right was looked up for', async () => {
  const { port, client } = await start();
  const other = { port, as: client, headers: ANNA, method: 'POST', body: requestFor('secret') };
  const answer = await ask(other);
  assert.equal(answer.statusCode, 400);
  assert.match(await textOf(answer), /asks for deployment\/secret in demo/);
  const garbage = await ask({ ...other, body: Buffer.from([0xff, 0xff, 0xff]) });
  assert.equal(garbage.statusCode, 400);
});

function requestFor(name: string): Uint8Array {
  const method = { match: { case: 'method' as const, value: 'GET' } };
  return toBinary(
    vizTap.TapByResourceRequestSchema,
    create(vizTap.TapByResourceRequestSchema, {
      target: { resource: { namespace: WEB.namespace, type: WEB.kind, name } },
      maxRps: 10,
      match: {
        match: { case: 'all', value: { matches: [{ match: { case: 'http', value: method } }] } },
      },
    }),
  );
}
