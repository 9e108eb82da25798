import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { applyPatch, type JsonPatch } from '@tulle/inject';
import { TulleError } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { Registry } from 'prom-client';
import type { AdmissionRequest, Verdict } from '../webhook/admission-review.ts';
import { startObjectServer, type ObjectServer } from '../webhook/testing/object-server.ts';
import { ownerFinder } from './find-owner.ts';
import { injectionEvents } from './injection-events.ts';
import { openSettings } from './injection-settings.ts';
import { injectorMetrics } from './injector-metrics.ts';
import { injectionReview } from './review-injection.ts';

const log = createLogger({ name: 'test', level: 'off', format: 'json' });
const CONFIG = 'proxy: {image: {name: tulle-proxy, version: v1}}';
const ANCHOR = '-----BEGIN CERTIFICATE-----\nanchor\n-----END CERTIFICATE-----\n';
const REPLICA_SET = '/apis/apps/v1/namespaces/emojivoto/replicasets/web-abc12';

interface Injector {
  readonly server: ObjectServer;
  readonly registry: Registry;
  review(request: AdmissionRequest): Promise<Verdict>;
  /** Reasons and messages of the events the API server has, once there are so many. */
  events(count: number): Promise<string[]>;
  writeConfig(text: string): Promise<void>;
}

async function startInjector(
  t: TestContext,
  annotations: Record<string, string> = { 'linkerd.io/inject': 'enabled' },
): Promise<Injector> {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-injector-'));
  t.after(() => rm(dir, { recursive: true }));
  const [configFile, trustAnchorsFile] = [join(dir, 'inject.yaml'), join(dir, 'ca-bundle.crt')];
  await writeFile(configFile, CONFIG);
  await writeFile(trustAnchorsFile, ANCHOR);
  const server = await startObjectServer();
  t.after(() => server.close());
  server.objects.set(REPLICA_SET, {
    metadata: {
      name: 'web-abc12',
      resourceVersion: '1',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd1', controller: true },
      ],
    },
  });
  const registry = new Registry();
  const events = injectionEvents({ api: server.api, log, now: Date.now });
  const review = injectionReview({
    settings: await openSettings({ configFile, trustAnchorsFile, log }),
    namespaces: { of: () => Promise.resolve(annotations) },
    findOwner: ownerFinder({ api: server.api, log }),
    events,
    metrics: injectorMetrics(registry, () => events.dropped()),
    createdBy: 'tulle/test',
  });
  return {
    server,
    registry,
    review,
    async events(count) {
      while (server.created.length < count) await new Promise(setImmediate);
      return (
        server.created as { reason: string; message: string; involvedObject: { name: string } }[]
      ).map(
        ({ reason, message, involvedObject }) => `${involvedObject.name} ${reason}: ${message}`,
      );
    },
    writeConfig: (text) => writeFile(configFile, text),
  };
}

function podRequest(
  annotations: Record<string, string> = {},
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  return {
    uid: 'u',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace: 'emojivoto',
    operation: 'CREATE',
    object: {
      metadata: {
        annotations,
        labels: { 'pod-template-hash': 'abc12' },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: 'web-abc12',
            uid: 'r1',
            controller: true,
          },
        ],
      },
      spec: { containers: [{ name: 'web', image: 'web' }] },
    },
    ...more,
  };
}

function labelsOf(verdict: Verdict): unknown {
  assert.ok(verdict.kind === 'allowed');
  const patch = (verdict.patch ?? []) as { path: string; value: unknown }[];
  return patch.find(({ path }) => path.includes('proxy-deployment'))?.value;
}

test('a pod is injected, named after its Deployment, told to kubectl and counted', async (t) => {
  const injector = await startInjector(t);
  const verdict = await injector.review(podRequest({ 'config.linkerd.io/enable-gateway': 'true' }));
  assert.equal(labelsOf(verdict), 'web');
  assert.ok(verdict.kind === 'allowed');
  assert.match(
    verdict.warnings?.[0] ?? '',
    /annotations without effect: config.linkerd.io\/enable-gateway/,
  );
  assert.match(
    (await injector.events(1))[0] ?? '',
    /^web Injected: the proxy was injected; annotations without effect/,
  );
  const metrics = await injector.registry.metrics();
  assert.match(
    metrics,
    /proxy_inject_admission_responses_total\{owner_kind="deployment",namespace="emojivoto",annotation_at="namespace",skipped="false",skip_reason=""\} 1/,
  );
});

test('a hundred replicas are one event and one question about their owner', async (t) => {
  const injector = await startInjector(t);
  for (let replica = 0; replica < 100; replica += 1) await injector.review(podRequest());
  assert.equal((await injector.events(1)).length, 1);
  assert.deepEqual(
    injector.server.requests.filter((request) => request.startsWith('GET')),
    [`GET ${REPLICA_SET}`],
  );
});

test('a skipped pod says why, a pod that nobody asked for says nothing, a dry run has no events', async (t) => {
  const injector = await startInjector(t);
  await injector.review(podRequest({}, { dryRun: true }));
  const skipped = await injector.review(podRequest({ 'linkerd.io/inject': 'disabled' }));
  assert.deepEqual(skipped, { kind: 'allowed', patch: [] });
  assert.deepEqual(await injector.events(1), [
    'web InjectionSkipped: the proxy was not injected: pod has the annotation "linkerd.io/inject:disabled"',
  ]);
  const unasked = await startInjector(t, {});
  assert.deepEqual(await unasked.review(podRequest()), { kind: 'allowed', patch: [] });
  assert.match(
    await unasked.registry.metrics(),
    /skip_reason="injection_enable_annotation_absent"\} 1/,
  );
  assert.equal(unasked.server.created.length, 0);
});

test('asked again about a pod that it injected, it says nothing a second time', async (t) => {
  const injector = await startInjector(t);
  const request = podRequest();
  const first = await injector.review(request);
  assert.ok(first.kind === 'allowed');
  const object = applyPatch(request.object, first.patch as JsonPatch);
  assert.deepEqual(await injector.review({ ...request, object }), { kind: 'allowed' });
  assert.equal((await injector.events(1)).length, 1);
  assert.doesNotMatch(await injector.registry.metrics(), /skipped="true"/);
});

test('wrong annotations refuse the pod with every reason', async (t) => {
  const injector = await startInjector(t);
  const verdict = await injector.review(
    podRequest({ 'config.linkerd.io/proxy-uid': 'root', 'config.linkerd.io/access-log': 'xml' }),
  );
  assert.ok(verdict.kind === 'denied');
  assert.match(verdict.message, /proxy-uid "root" is not a whole number/);
  assert.match(verdict.message, /access-log "xml" is not one of/);
  assert.match((await injector.events(1))[0] ?? '', /^web InjectionSkipped: the pod was refused/);
});

test('an API server that does not answer keeps no pod waiting: the owner’s name is guessed', async (t) => {
  const injector = await startInjector(t);
  injector.server.refusal = 500;
  assert.equal(labelsOf(await injector.review(podRequest())), 'web');
});

test('Services take the opaque ports of their namespace; other kinds and updates pass', async (t) => {
  const injector = await startInjector(t, { 'config.linkerd.io/opaque-ports': '7000' });
  const service = { metadata: {}, spec: { ports: [{ port: 80 }] } };
  const kind = { group: '', version: 'v1', kind: 'Service' };
  const verdict = await injector.review(podRequest({}, { kind, object: service }));
  assert.ok(verdict.kind === 'allowed');
  assert.equal(verdict.patch?.length, 2);
  const pass = { kind: 'allowed' };
  assert.deepEqual(await injector.review(podRequest({}, { operation: 'UPDATE' })), pass);
  const other = { group: 'apps', version: 'v1', kind: 'Deployment' };
  assert.deepEqual(await injector.review(podRequest({}, { kind: other })), pass);
});

test('changed settings are in force for the next pod; wrong ones leave the last', async (t) => {
  const injector = await startInjector(t);
  const imageOf = async (): Promise<unknown> => {
    const verdict = await injector.review(podRequest());
    assert.ok(verdict.kind === 'allowed');
    const patch = verdict.patch as { path: string; value: { name?: string; image?: string } }[];
    return patch.find(({ value }) => value?.name === 'linkerd-proxy')?.value.image;
  };
  assert.equal(await imageOf(), 'tulle-proxy:v1');
  await injector.writeConfig(CONFIG.replace('v1', 'v2'));
  assert.equal(await imageOf(), 'tulle-proxy:v2');
  await injector.writeConfig('proxy: {image: {name: tulle-proxy}}');
  assert.equal(await imageOf(), 'tulle-proxy:v2');
});

test('settings that are wrong at the start are told', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-injector-'));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, 'f');
  await writeFile(file, CONFIG);
  const files = { configFile: file, trustAnchorsFile: file, log };
  await assert.rejects(openSettings(files), /holds no certificate/);
  await assert.rejects(
    openSettings({ ...files, configFile: join(dir, 'none') }),
    (error: unknown) => error instanceof TulleError && error.code === 'invalid_argument',
  );
});
