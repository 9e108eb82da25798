/** Servers and clients of others on both ends of a meshed pair. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it, test } from 'node:test';
import type { TestContext } from 'node:test';
import { needed, startNginx, startPython } from '../src/testing/foreign-origins.ts';
import { listen } from '../src/testing/http2-harness.ts';
import { startMesh } from '../src/testing/mesh.ts';

/** What curl writes, head and trailers with it. */
async function curl(args: readonly string[], input = ''): Promise<string> {
  const child = spawn('curl', ['--silent', '--include', '--max-time', '20', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child, 'spawn').catch((error: unknown) => needed('curl', 'curl', error));
  child.stdin.end(input);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(child.exitCode, 0, `curl ${args.join(' ')} ended with ${child.exitCode}: ${output}`);
  return output;
}

const BODY = 'all that glitters\n'.repeat(20_000);
const CHUNKS = ['--header', 'Transfer-Encoding: chunked'];
const POST = ['--data-binary', '@-'];

/** Starts the pair in front of an origin; gives the address that clients use. */
async function meshed(t: TestContext, appPort: number, hint?: 'none'): Promise<string> {
  const service = { name: 'web', appPorts: [appPort], ...(hint === undefined ? {} : { hint }) };
  const mesh = await startMesh(t, [service]);
  return `http://127.0.0.1:${mesh.ports['web']}`;
}

describe('Python behind a meshed pair', () => {
  it('takes and gives bodies however they are framed, for HTTP/1.1 and 1.0 clients', async (t) => {
    const url = await meshed(t, (await startPython(t)).port);
    assert.match(await curl([`${url}/a`]), /^HTTP\/1\.1 200[^]*\r\n\r\nGET \/a$/);
    assert.ok((await curl([...POST, `${url}/post`], BODY)).endsWith(`\r\n\r\n${BODY}`));
    assert.match(await curl([`${url}/chunked`]), /X-Trailer: last/i);
    assert.match(await curl(['--raw', `${url}/chunked`]), /in [^]*pieces/);
    assert.match(await curl([`${url}/until-the-end`]), /\r\n\r\nuntil the end$/);
    assert.match(await curl(['--head', `${url}/h`]), /^HTTP\/1\.1 200/);
    assert.ok((await curl([...CHUNKS, ...POST, `${url}/post`], BODY)).endsWith(BODY));
    const expecting = ['--header', 'Expect: 100-continue', ...POST, `${url}/post`];
    assert.match(await curl(expecting, BODY), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
    assert.match(await curl(['--http1.0', `${url}/old`]), /^HTTP\/1\.[01] 200[^]*GET \/old$/);
    assert.match(await curl(['--http1.0', `${url}/chunked`]), /\r\n\r\nin pieces$/);
  });
});

describe('nginx behind a meshed pair', () => {
  for (const [protocol, hint] of [
    ['http1', 'h2'],
    ['http1', 'none'],
    ['http2', 'h2'],
  ] as const) {
    it(`gives files, parts of files and nothing over ${protocol} (hint ${hint})`, async (t) => {
      const { port } = await startNginx(t, protocol);
      const url = await meshed(t, port, hint === 'none' ? hint : undefined);
      const version = protocol === 'http2' ? '--http2-prior-knowledge' : '--http1.1';
      const whole = await curl([version, `${url}/file.txt`]);
      assert.equal(whole.slice(whole.indexOf('\r\n\r\n') + 4).length, 340_000);
      const part = await curl([version, '--range', '2-5', `${url}/file.txt`]);
      assert.match(part, /^HTTP\/(1\.1|2) 206[^]*\r\n\r\nline$/);
      const tag = /^etag: (.*)\r$/im.exec(whole)?.[1] ?? '';
      const fresh = await curl([version, '--header', `If-None-Match: ${tag}`, `${url}/file.txt`]);
      assert.match(fresh, /^HTTP\/(1\.1|2) 304[^]*\r\n\r\n$/);
      assert.match(await curl([version, `${url}/empty`]), /^HTTP\/(1\.1|2) 204[^]*\r\n\r\n$/);
      assert.match(await curl([version, '--head', `${url}/file.txt`]), /content-length: 340000/i);
      // Over HTTP/2 nginx answers before the body and resets the rest, which curl takes for a failure without us, too.
      const body = protocol === 'http2' ? 'short' : BODY;
      assert.match(await curl([version, ...POST, `${url}/post`], body), /POST \/post$/);
      // Many on one connection, one after another; curl's HTTP/2 cannot without us either.
      if (protocol === 'http2') return;
      const urls = Array.from({ length: 20 }, (_, i) => `${url}/${i}`);
      assert.equal((await curl(urls)).match(/GET \/\d+/g)?.length, 20);
    });
  }
});

test('an upgrade to h2c never reaches the application, and the request does', async (t) => {
  const heads: string[][] = [];
  const app: Server = createServer((req, res) => {
    heads.push(Object.keys(req.headers));
    res.end('plain');
  });
  app.on('upgrade', () => assert.fail('upgraded'));
  const url = await meshed(t, await listen(t, app));
  // curl asks for the upgrade when it has no prior knowledge.
  const answer = await curl(['--http2', `${url}/`]);
  assert.match(answer, /^HTTP\/1\.1 200[^]*\r\n\r\nplain$/);
  for (const name of ['upgrade', 'http2-settings']) assert.ok(!heads[0]?.includes(name), name);
});

test('nghttp gets trailers and pushes bodies through a meshed pair', async (t) => {
  const app = createHttp2Server();
  app.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.pipe(stream);
  });
  const url = await meshed(t, await listen(t, app));
  const args = ['--verbose', '--timeout=20', '--header=te: trailers', `${url}/x`];
  const child = spawn('nghttp', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child, 'spawn').catch((error: unknown) => needed('nghttp', 'nghttp2-client', error));
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(child.exitCode, 0, output);
  assert.match(output, /:status: 200/);
  assert.match(output, /x-sum: 42/);
});
