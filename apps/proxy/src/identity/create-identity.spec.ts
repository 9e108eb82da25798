import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, TLSSocket, type Server } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createKeyAndRequest, type Authority } from '@tulle/pki';
import { TulleError } from '@tulle/model';
import { createProxyMetrics } from '../observe/proxy-metrics.ts';
import { testAuthority } from '../testing/certified.ts';
import { checkExposition, sum } from '../testing/exposition.ts';
import { eventually, ScriptedController } from '../testing/scripted-controller.ts';
import { silentLog } from '../testing/silent-log.ts';
import { TEST_IDENTITY, testConfig } from '../testing/test-config.ts';
import { createIdentity } from './create-identity.ts';

async function start(t: TestContext, overrides: Readonly<Record<string, string>> = {}) {
  const authority = await testAuthority();
  const controller = await new ScriptedController().start();
  t.after(() => controller.kill());
  const dir = await mkdtemp(join(tmpdir(), 'tulle-identity-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const { keyDer, requestDer } = await createKeyAndRequest(TEST_IDENTITY);
  await writeFile(join(dir, 'key.p8'), keyDer);
  await writeFile(join(dir, 'csr.der'), requestDer);
  await writeFile(join(dir, 'token'), 'first token');
  const { identity: config } = testConfig(controller.port, {
    IDENTITY_DIR: dir,
    IDENTITY_TOKEN_FILE: join(dir, 'token'),
    IDENTITY_TRUST_ANCHORS: authority.trustAnchorsPem,
    IDENTITY_MIN_REFRESH: '10ms',
    ...overrides,
  });
  const metrics = createProxyMetrics({ retainIdleMs: 1e9, now: () => 0, version: 'test' });
  const create = async () => {
    const identity = await createIdentity({ config, metrics, log: silentLog });
    t.after(() => identity.close());
    return identity;
  };
  const samples = () => checkExposition(metrics.registry.expose());
  return { authority, controller, dir, create, samples };
}

function issueWith(
  controller: ScriptedController,
  authority: Authority,
  tokens: string[] = [],
  saysValidForMs: number | null = null,
): void {
  controller.script.certify = async (request) => {
    tokens.push(Buffer.from(request.token).toString());
    const leaf = await authority.issue(request.certificateSigningRequest, request.identity);
    return {
      leafCertificate: leaf.certificateDer,
      intermediateCertificates: [...leaf.intermediatesDer],
      validUntil: timestampFromMs(
        saysValidForMs === null ? leaf.validUntilMs : Date.now() + saysValidForMs,
      ),
    };
  };
}

test('a certified identity serves and calls over mutual TLS 1.3', async (t) => {
  const { authority, controller, create, samples } = await start(t);
  issueWith(controller, authority);
  const identity = await create();
  await identity.ready;
  assert.equal(identity.isReady, true);
  const { secureContext } = identity.certificate;
  const server: Server = createServer({
    key: identity.certificate.keyPem,
    cert: identity.certificate.chainPem,
    ca: identity.certificate.anchorsPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection');
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: TEST_IDENTITY,
    secureContext,
  });
  await once(client, 'secureConnect');
  const [socket] = (await accepted) as [TLSSocket];
  assert.equal(client.authorized, true);
  assert.equal(socket.authorized, true);
  assert.equal(client.getProtocol(), 'TLSv1.3');
  client.destroy();
  server.close();
  assert.equal(sum(samples(), 'control_identity_cert_refreshes_total', 'result="ok"'), 1);
  assert.equal(sum(samples(), 'control_response_total', 'classification="success"'), 1);
});

test('it is not ready until the controller can be reached, and tries until then', async (t) => {
  const { authority, controller, create, samples } = await start(t);
  const identity = await create();
  assert.equal(identity.isReady, false);
  assert.throws(() => identity.certificate, /no certificate yet/);
  await eventually(
    () => sum(samples(), 'control_identity_cert_refreshes_total', 'result="error"') > 0,
    'a failure',
  );
  issueWith(controller, authority);
  await identity.ready;
});

test('it renews at 70 % of the life with the token as it is then, and stays ready when that fails', async (t) => {
  const { authority, controller, create, dir, samples } = await start(t);
  const tokens: string[] = [];
  issueWith(controller, authority, tokens, 500);
  const identity = await create();
  await identity.ready;
  const first = identity.certificate;
  const certifiedAtMs = performance.now();
  await writeFile(join(dir, 'token'), 'second token');
  await new Promise<void>((resolve) => identity.onRenewed(() => resolve()));
  assert.ok(performance.now() - certifiedAtMs >= 300, 'not long before 70 % of its life');
  assert.notEqual(identity.certificate, first);
  assert.deepEqual(tokens.slice(0, 2), ['first token', 'second token']);
  controller.script.certify = null;
  await eventually(
    () => sum(samples(), 'control_identity_cert_refreshes_total', 'result="error"') > 0,
    'a failed renewal',
  );
  assert.equal(identity.isReady, true);
});

for (const [what, pattern, break_] of [
  [
    'for another name',
    /certificate request|names/,
    async (authority: Authority) => {
      const other = 'other.test.serviceaccount.identity.tulle.cluster.local';
      const { requestDer } = await createKeyAndRequest(other);
      return authority.issue(requestDer, other);
    },
  ],
  [
    'for another key',
    /another key/,
    async (authority: Authority) => {
      const { requestDer } = await createKeyAndRequest(TEST_IDENTITY);
      return authority.issue(requestDer, TEST_IDENTITY);
    },
  ],
  [
    'of another authority',
    /trust anchor/,
    async (_authority: Authority, request: Uint8Array) =>
      (await testAuthority()).issue(request, TEST_IDENTITY),
  ],
] as const) {
  test(`a certificate ${what} is not used`, async (t) => {
    const { authority, controller, create, samples } = await start(t);
    controller.script.certify = async (request) => {
      const leaf = await break_(authority, request.certificateSigningRequest);
      return {
        leafCertificate: leaf.certificateDer,
        intermediateCertificates: [...leaf.intermediatesDer],
        validUntil: timestampFromMs(leaf.validUntilMs),
      };
    };
    const identity = await create();
    await eventually(
      () => sum(samples(), 'control_identity_cert_refreshes_total', 'result="error"') > 0,
      `refusing what is ${String(pattern)}`,
    );
    assert.equal(identity.isReady, false);
  });
}

test('an answer that is no certificate, or of the past, is not used', async (t) => {
  const { controller, create, samples } = await start(t);
  const answers = [
    { leafCertificate: Buffer.from('no'), validUntil: timestampFromMs(Date.now() + 1e6) },
    { leafCertificate: Buffer.from('no'), validUntil: timestampFromMs(Date.now() - 1) },
    { leafCertificate: Buffer.from('no') },
  ];
  controller.script.certify = async () => answers.shift() ?? {};
  const identity = await create();
  await eventually(
    () => sum(samples(), 'control_identity_cert_refreshes_total', 'result="error"') >= 3,
    'three refusals',
  );
  assert.equal(identity.isReady, false);
});

test('missing or broken files are told by name', async (t) => {
  const { create, dir } = await start(t);
  const refuses = (pattern: RegExp) =>
    assert.rejects(create, (error: unknown) => {
      assert.ok(error instanceof TulleError);
      assert.match(error.message, pattern);
      return true;
    });
  await writeFile(join(dir, 'token'), '');
  await refuses(/token .* is empty/);
  await rm(join(dir, 'token'));
  await refuses(/token .* cannot be read/);
  await writeFile(join(dir, 'key.p8'), 'not a key');
  await refuses(/private key is not DER PKCS#8/);
  await rm(dir, { recursive: true });
  await refuses(/A key cannot be written to /);
});
