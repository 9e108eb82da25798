import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import { createLogger } from '@tulle/telemetry';
import type { Verdict } from './admission-review.ts';
import type { CertificateSource } from './certificate-source.ts';
import { diskCertificate } from './disk-certificate.ts';
import { ownCertificate } from './own-certificate.ts';
import { publishToWebhooks } from './publish-authorities.ts';
import { manualRetrying, type ManualRetrying } from './testing/manual-retrying.ts';
import { startObjectServer, type ObjectServer } from './testing/object-server.ts';
import { startWebhookServer } from './webhook-server.ts';

const log = createLogger({ name: 'test', level: 'off', format: 'json' });
const SECRET = '/api/v1/namespaces/tulle/secrets/hook-k8s-tls';
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook';
const NAME = 'hook.tulle.svc';
const DAY_MS = 24 * 60 * 60 * 1000;

async function startCluster(t: TestContext): Promise<ObjectServer> {
  const server = await startObjectServer();
  t.after(() => server.close());
  server.objects.set(SECRET, { metadata: { name: 'hook-k8s-tls', resourceVersion: '1' } });
  server.objects.set(CONFIGURATION, {
    metadata: { name: 'hook', resourceVersion: '1' },
    webhooks: [
      { name: 'a.tulle.io', clientConfig: {} },
      { name: 'b.tulle.io', clientConfig: {} },
    ],
  });
  return server;
}

function own(
  t: TestContext,
  server: ObjectServer,
  clock: { nowMs: number },
): { source: CertificateSource; retrying: ManualRetrying } {
  const retrying = manualRetrying();
  const source = ownCertificate({
    api: server.api,
    namespace: 'tulle',
    secret: 'hook-k8s-tls',
    service: 'hook',
    clusterDomain: 'cluster.local',
    publish: publishToWebhooks(server.api, 'mutatingwebhookconfigurations', 'hook'),
    log,
    retrying,
    now: () => clock.nowMs,
  });
  t.after(() => source.close());
  return { source, retrying };
}

/** What the API server trusts, webhook by webhook. */
function trusted(server: ObjectServer): string[] {
  const { webhooks } = server.objects.get(CONFIGURATION) as unknown as {
    webhooks: { clientConfig: { caBundle?: string } }[];
  };
  return webhooks.map(({ clientConfig }) =>
    Buffer.from(clientConfig.caBundle ?? '', 'base64').toString(),
  );
}

/** Sends a review as the API server does: by the Service's name, trusting these authorities alone. */
function ask(
  port: number,
  ca: string,
  body: string,
  method = 'POST',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port, servername: NAME, ca, method, agent: false },
      (response) => {
        text(response).then(
          (answer) => resolve({ status: response.statusCode ?? 0, body: answer }),
          reject,
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function serve(
  t: TestContext,
  certificate: CertificateSource,
  review: () => Promise<Verdict> = () => Promise.resolve({ kind: 'allowed' }),
): Promise<number> {
  const server = await startWebhookServer({
    listen: { host: '127.0.0.1', port: 0 },
    variable: 'TULLE_TEST_ADDR',
    certificate,
    review,
    log,
  });
  t.after(() => server.close());
  return server.port;
}

const REVIEW = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    operation: 'CREATE',
    object: {},
  },
});

test('a role makes its certificate, has it trusted, and serves it under its Service’s name', async (t) => {
  const server = await startCluster(t);
  const { source, retrying } = own(t, server, { nowMs: Date.now() });
  await retrying.paused();
  assert.equal(source.waitingFor(), null);
  const [first = '', second] = trusted(server);
  assert.equal(first, second);
  const port = await serve(t, source);
  const { status, body } = await ask(port, first, REVIEW);
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'u1', allowed: true },
  });
});

test('replicas share one certificate, also when both make one at the same moment', async (t) => {
  const server = await startCluster(t);
  const clock = { nowMs: Date.now() };
  const first = own(t, server, clock);
  await first.retrying.paused();
  const winner = structuredClone(server.objects.get(SECRET));
  assert.ok(winner !== undefined);
  // The second replica read the empty Secret; the first one's arrives before its own is written.
  server.objects.set(SECRET, { metadata: { name: 'hook-k8s-tls', resourceVersion: '1' } });
  server.beforePut = () => server.objects.set(SECRET, winner);
  const second = own(t, server, clock);
  await second.retrying.paused();
  assert.deepEqual(second.source.current()?.certPem, first.source.current()?.certPem);
});

test('it is renewed long before its end; what replicas still serve stays trusted', async (t) => {
  const server = await startCluster(t);
  // The renewal falls on today, so that a real TLS client believes both.
  const clock = { nowMs: Date.now() - 61 * DAY_MS };
  const { source, retrying } = own(t, server, clock);
  await retrying.paused();
  const port = await serve(t, source);
  const [oldAuthority = ''] = trusted(server);
  const old = source.current()?.certPem ?? '';
  clock.nowMs += 59 * DAY_MS;
  await retrying.next();
  assert.equal(source.current()?.certPem, old);
  clock.nowMs += 2 * DAY_MS;
  await retrying.next();
  const renewed = source.current()?.certPem ?? '';
  assert.notEqual(renewed, old);
  const [both = ''] = trusted(server);
  assert.ok(both.endsWith(oldAuthority) && both.length > oldAuthority.length);
  // The server that was running shows the new one on its next connection.
  assert.equal((await ask(port, both.slice(0, -oldAuthority.length), REVIEW)).status, 200);
  await assert.rejects(ask(port, oldAuthority, REVIEW));
  assert.ok(new X509Certificate(old).checkHost(NAME));
});

test('a changed webhook configuration is put right, an unchanged one is not written', async (t) => {
  const server = await startCluster(t);
  const { retrying } = own(t, server, { nowMs: Date.now() });
  await retrying.paused();
  const [before] = trusted(server);
  const patches = (): number =>
    server.requests.filter((request) => request.startsWith('PATCH')).length;
  assert.equal(patches(), 1);
  await retrying.next();
  assert.equal(patches(), 1);
  server.objects.set(CONFIGURATION, {
    metadata: { name: 'hook', resourceVersion: '9' },
    webhooks: [{ name: 'a.tulle.io', clientConfig: { caBundle: 'c29tZWJvZHk=' } }],
  });
  await retrying.next();
  assert.deepEqual(trusted(server), [before]);
});

test('while the API server refuses, the reason is told, what there is stays in force, and it goes on trying', async (t) => {
  const server = await startCluster(t);
  server.refusal = 403;
  const { source, retrying } = own(t, server, { nowMs: Date.now() });
  await retrying.paused();
  assert.match(source.waitingFor() ?? '', /status 403/);
  server.refusal = null;
  await retrying.next();
  assert.equal(source.waitingFor(), null);
  const pair = source.current();
  server.refusal = 500;
  await retrying.next();
  await retrying.next();
  assert.equal(source.current(), pair);
  assert.equal(source.waitingFor(), null);
  assert.deepEqual(retrying.waits, [500, 60_000, 500, 1000]);
});

test('a certificate on disk is read again when it has changed, and never replaced by a wrong one', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-webhook-'));
  t.after(() => rm(dir, { recursive: true }));
  const material = await createAuthorityMaterial({ controlPlaneNamespace: 'n', trustDomain: 'd' });
  const authority = await createAuthority(material);
  const retrying = manualRetrying();
  const source = diskCertificate({ dir, log, retrying });
  t.after(() => source.close());
  await retrying.paused();
  assert.match(source.waitingFor() ?? '', /tls\.crt cannot be read; mount a Secret/);
  const put = async (): Promise<string> => {
    const { certPem, keyPem } = await authority.issueCredentials(NAME);
    await writeFile(join(dir, 'tls.crt'), certPem);
    await writeFile(join(dir, 'tls.key'), keyPem);
    return certPem;
  };
  const first = await put();
  await retrying.next();
  assert.equal(source.current()?.certPem, first);
  const port = await serve(t, source);
  assert.equal((await ask(port, material.trustAnchorPem, REVIEW)).status, 200);
  await writeFile(join(dir, 'tls.crt'), 'half a file');
  await retrying.next();
  assert.equal(source.current()?.certPem, first);
  const second = await put();
  await retrying.next();
  assert.equal(source.current()?.certPem, second);
});

test('verdicts are answered as the API server reads them; what is no review is refused', async (t) => {
  const server = await startCluster(t);
  const { source, retrying } = own(t, server, { nowMs: Date.now() });
  await retrying.paused();
  let verdict: Verdict = { kind: 'denied', message: 'because' };
  const port = await serve(t, source, () => Promise.resolve(verdict));
  const [ca = ''] = trusted(server);
  const responseOf = async (): Promise<unknown> =>
    (JSON.parse((await ask(port, ca, REVIEW)).body) as { response: unknown }).response;
  assert.deepEqual(await responseOf(), {
    uid: 'u1',
    allowed: false,
    status: { code: 422, reason: 'Invalid', message: 'because' },
  });
  verdict = {
    kind: 'allowed',
    patch: [{ op: 'add', path: '/a', value: 'ü' }],
    warnings: ['x'.repeat(300)],
  };
  const { patch, patchType, warnings } = (await responseOf()) as {
    patch: string;
    patchType: string;
    warnings: string[];
  };
  assert.equal(patchType, 'JSONPatch');
  assert.deepEqual(JSON.parse(Buffer.from(patch, 'base64').toString()), verdict.patch);
  assert.equal(warnings[0]?.length, 251);
  for (const body of [
    '{',
    '{}',
    '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}',
  ]) {
    assert.equal((await ask(port, ca, body)).status, 400);
  }
  assert.equal((await ask(port, ca, '', 'GET')).status, 404);
});
