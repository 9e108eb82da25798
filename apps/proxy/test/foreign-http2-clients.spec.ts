/** HTTP/2 clients that are programs of others, through a real proxy process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { startBackend } from '../src/testing/http2-harness.ts';
import { startProxy } from '../src/testing/proxy-process.ts';

const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const WEB = { name: 'web.test.svc.cluster.local', address: '10.96.0.2:80', port: 80 };

/** The proxy in front of a server that echoes, with the method and a trailer. */
async function startEcho(t: TestContext): Promise<number> {
  const backend = await startBackend(t, (stream, head) => {
    stream.respond({ ':status': 200, 'x-method': head[':method'] }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.pipe(stream);
  });
  const authority = await testAuthority();
  const endpoints = [{ host: '127.0.0.1', port: backend.port, identity: null }];
  const plane = await startControlPlane(authority, [{ ...WEB, endpoints }]);
  t.after(() => plane.kill());
  const proxy = await startProxy({
    identity: CLIENT,
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    inbound: ['127.0.0.1:9'],
    outbound: [WEB.address],
  });
  t.after(() => proxy.kill());
  return proxy.outboundPorts[0] ?? 0;
}

/** What the program writes for this input. @param debianPackage named where it is not installed. */
async function run(
  program: string,
  args: readonly string[],
  input: string,
  debianPackage: string,
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const started = once(child, 'spawn');
  await started.catch((error: unknown) => {
    const sentence = `${program} cannot be started; this test needs the Debian package ${debianPackage}.`;
    throw new Error(sentence, { cause: error });
  });
  child.stdin.end(input);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(child.exitCode, 0, `${program} ended with ${child.exitCode}:\n${output}`);
  return output;
}

const BODY = 'all that glitters\n'.repeat(5000);

test('curl posts a body and gets it back', async (t) => {
  const port = await startEcho(t);
  const args = ['--silent', '--include', '--http2-prior-knowledge', '--max-time', '20'];
  const url = `http://127.0.0.1:${port}/echo`;
  const output = await run('curl', [...args, '--data-binary', '@-', url], BODY, 'curl');
  assert.match(output, /^HTTP\/2 200/);
  assert.match(output, /^x-method: POST/m);
  assert.ok(output.includes(BODY));
});

/** Statuses of nghttp's statistics, one per request. */
async function statusesFromNghttp(port: number, args: readonly string[]): Promise<string[]> {
  const url = `http://127.0.0.1:${port}/echo`;
  const all = ['--null-out', '--stat', '--timeout=20', ...args, url];
  const output = await run('nghttp', all, '', 'nghttp2-client');
  return Array.from(output.matchAll(/ (\d{3}) +\d+\S* \/echo$/gm), (line) => line[1] ?? '');
}

test('nghttp makes many requests with padding on one connection', async (t) => {
  const statuses = await statusesFromNghttp(await startEcho(t), ['--multiply=50', '--padding=100']);
  assert.deepEqual(
    statuses,
    Array.from({ length: 50 }, () => '200'),
  );
});

test('nghttp is told when its head, sent with CONTINUATION, is too large', async (t) => {
  assert.deepEqual(await statusesFromNghttp(await startEcho(t), ['--continuation']), ['431']);
});
