import { strict as assert } from 'node:assert';
import { createServer, request, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { ONLY_ONE } from './who-asks.ts';
import { startWebServer, type WebServer } from './web-server.ts';

let web: WebServer | null = null;
afterEach(async () => {
  await web?.close();
  web = null;
});

async function start(
  dashboardUpstream: { host: string; port: number } | null = null,
): Promise<WebServer> {
  web = await startWebServer({
    listen: { host: '127.0.0.1', port: 0 },
    dashboardUpstream,
    allowedHosts: ['mesh.example'],
    whoAsks: ONLY_ONE,
    handleApi: (_request, response) => response.end('api'),
    handleUpgrade: (_request, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  });
  return web;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port: web?.port, path, method, headers, agent: false },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        );
      },
    );
    outgoing.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: '' });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket' };

test('a foreign Host is refused with a sentence that says what to do', async () => {
  await start();
  const answer = await ask('/api/v1/overview', { host: 'evil.example' });
  assert.equal(answer.status, 400);
  assert.match(answer.body, /does not answer for the host/);
  assert.equal((await ask('/api/v1/x', { host: 'mesh.example:1234' })).body, 'api');
});

test('a change or an upgrade from a page of another origin is refused, from its own page or a program taken', async () => {
  const { port } = await start();
  const foreign = { origin: 'https://evil.example' };
  assert.equal((await ask('/api/v1/x', foreign, 'PUT')).status, 403);
  assert.equal((await ask('/live', { ...UPGRADE, ...foreign })).status, 403);
  assert.equal((await ask('/live', { ...UPGRADE, origin: 'null' })).status, 403);
  assert.equal((await ask('/api/v1/x', { 'sec-fetch-site': 'cross-site' }, 'POST')).status, 403);
  const own = { origin: `http://127.0.0.1:${port}` };
  assert.equal((await ask('/api/v1/x', own, 'PUT')).status, 200);
  assert.equal((await ask('/live', { ...UPGRADE, ...own })).status, 101);
  assert.equal((await ask('/live', UPGRADE)).status, 101);
});

test('an upgrade anywhere but /live is refused', async () => {
  await start();
  assert.equal((await ask('/_next/webpack-hmr', UPGRADE)).status, 404);
});

test('a page is passed on to the dashboard, with security headers and without hop-by-hop fields', async () => {
  const next = createServer((incoming, response) => {
    response.writeHead(200, { 'x-seen': String(incoming.headers['x-test']), 'x-powered-by': 'n' });
    response.end(`page ${incoming.url}`);
  });
  await new Promise<void>((done) => next.listen(0, '127.0.0.1', done));
  try {
    await start({ host: '127.0.0.1', port: (next.address() as AddressInfo).port });
    const answer = await ask('/ns/emojivoto?range=15m', { 'x-test': 'kept' });
    assert.equal(answer.body, 'page /ns/emojivoto?range=15m');
    assert.equal(answer.headers['x-seen'], 'kept');
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/);
  } finally {
    next.closeAllConnections();
    await new Promise((done) => next.close(done));
  }
});

test('while the dashboard does not answer, a page says so and loads again by itself', async () => {
  await start({ host: '127.0.0.1', port: 1 });
  const answer = await ask('/', { accept: 'text/html' });
  assert.equal(answer.status, 503);
  const script = await ask('/_next/x.js');
  assert.match(String(script.headers['content-type']), /text\/plain/);
  assert.match(answer.body, /The dashboard is starting/);
});

// Root cause: Next closes a kept connection after some idle seconds; a request written at that moment failed with
// ECONNRESET and the page got the waiting page in place of a script.
test('a kept connection that the dashboard closes as it is used costs nothing', async () => {
  let connections = 0;
  const next = createTcpServer((socket) => {
    connections += 1;
    const isFirst = connections === 1;
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests += 1;
      if (isFirst && requests > 1) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npage');
    });
  });
  await new Promise<void>((done) => next.listen(0, '127.0.0.1', done));
  try {
    await start({ host: '127.0.0.1', port: (next.address() as AddressInfo).port });
    assert.equal((await ask('/')).body, 'page');
    await new Promise((next) => setImmediate(next));
    assert.equal((await ask('/')).body, 'page');
    assert.equal(connections, 2);
  } finally {
    await web?.close();
    await new Promise((done) => next.close(done));
  }
});

test('a taken port is one clear sentence with the flag', async () => {
  const { port } = await start();
  await assert.rejects(
    startWebServer({
      listen: { host: '127.0.0.1', port },
      dashboardUpstream: null,
      allowedHosts: [],
      whoAsks: ONLY_ONE,
      handleApi: () => undefined,
      handleUpgrade: () => undefined,
    }),
    /is taken by another program; choose another with --port/,
  );
});
