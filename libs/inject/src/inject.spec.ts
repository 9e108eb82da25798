import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { parse } from 'yaml';
import { readAdditionalEnv } from './annotations/additional-env.ts';
import { SETTINGS, WITHOUT_EFFECT } from './annotations/settings.ts';
import {
  applyPatch,
  injectPod,
  injectService,
  PatchBuilder,
  readInjectConfig,
  uninjectPod,
  type PodTemplate,
} from './index.ts';

const CONFIG = readInjectConfig('proxy: {image: {name: tulle-proxy, version: v1}}');

/** Linkerd's list (pkg/k8s/labels.go), after `config.linkerd.io/`; opaque-ports is read by a part of its own. */
const LINKERDS = `proxy-image proxy-version image-pull-policy debug-image debug-image-version debug-image-pull-policy
  enable-debug-sidecar control-port inbound-port outbound-port admin-port pod-inbound-ports skip-inbound-ports
  skip-outbound-ports skip-subnets proxy-cpu-request proxy-cpu-limit proxy-cpu-ratio-limit
  proxy-memory-request proxy-memory-limit proxy-ephemeral-storage-request proxy-ephemeral-storage-limit proxy-uid
  proxy-gid proxy-admin-shutdown proxy-log-level proxy-log-format proxy-log-http-headers access-log
  enable-external-profiles proxy-require-identity-inbound-ports proxy-metrics-hostname-labels
  proxy-outbound-connect-timeout proxy-inbound-connect-timeout proxy-outbound-discovery-cache-unused-timeout
  proxy-inbound-discovery-cache-unused-timeout proxy-disable-outbound-protocol-detect-timeout
  proxy-disable-inbound-protocol-detect-timeout enable-gateway close-wait-timeout shutdown-grace-period
  proxy-enable-native-sidecar proxy-await default-inbound-policy proxy-additional-env admission-webhooks`;

test('each of Linkerd’s annotations changes something or has a reason why it does not', () => {
  const known = [...Object.keys(SETTINGS), ...Object.keys(WITHOUT_EFFECT)];
  const missing = LINKERDS.split(/\s+/).filter((name) => !known.includes(name));
  assert.deepEqual(missing, []);
});

test('the documentation names every annotation, and none that is not known', () => {
  const text = readFileSync(new URL('../../../docs/injection.md', import.meta.url), 'utf8');
  const known = [...Object.keys(SETTINGS), ...Object.keys(WITHOUT_EFFECT), 'opaque-ports'];
  for (const name of known) assert.ok(text.includes(`\`${name}\``), name);
  const table = text.slice(text.indexOf('`config.linkerd.io/'), text.indexOf('## What runs'));
  const first = table.split('\n').map((line) => line.split('|')[1] ?? '');
  const named = first.flatMap((cell) => cell.match(/`[a-z-]+`/g) ?? []);
  assert.deepEqual(
    named.filter((name) => !known.includes(name.slice(1, -1))),
    [],
  );
});

test('what injection adds, uninjection takes away, whatever the pod had', () => {
  const pod = parse(`
    metadata: {labels: {app: web}, annotations: {note: kept, linkerd.io/inject: enabled}}
    spec: {containers: [{name: a}, {name: b}], initContainers: [{name: i}], volumes: [{name: v}]}
  `) as PodTemplate;
  for (const native of [true, false]) {
    const config = structuredClone(CONFIG);
    config.proxy.nativeSidecar = native;
    const outcome = injectPod({
      pod,
      namespace: 'emojivoto',
      namespaceAnnotations: {},
      owner: null,
      config,
      trustAnchorsPem: 'PEM',
      createdBy: 'test',
    });
    assert.ok(outcome.kind === 'injected');
    const injected = applyPatch(pod, outcome.patch);
    assert.equal(injected.spec?.initContainers?.length, native ? 3 : 2);
    const back = applyPatch(injected, uninjectPod(injected));
    const { 'linkerd.io/inject': asked, ...kept } = pod.metadata?.annotations ?? {};
    assert.equal(asked, 'enabled');
    assert.deepEqual(back, { ...pod, metadata: { ...pod.metadata, annotations: kept } });
  }
});

test('a pod injected once is not injected twice', () => {
  const pod: PodTemplate = {
    metadata: { annotations: { 'linkerd.io/inject': 'enabled' } },
    spec: { containers: [{ name: 'a' }] },
  };
  const input = {
    pod,
    namespace: 'n',
    namespaceAnnotations: {},
    owner: null,
    config: CONFIG,
    trustAnchorsPem: 'PEM',
    createdBy: 'test',
  };
  const once = injectPod(input);
  assert.ok(once.kind === 'injected');
  const twice = injectPod({ ...input, pod: applyPatch(pod, once.patch) });
  assert.ok(twice.kind === 'skipped');
  assert.equal(twice.reason, 'sidecar_already_exists');
  assert.deepEqual(twice.patch, []);
});

test('paths lead into the object the pod is a part of', () => {
  const deployment = { spec: { template: { spec: { containers: [{ name: 'a' }] } } } };
  const outcome = injectPod({
    pod: deployment.spec.template,
    path: '/spec/template',
    namespace: 'n',
    namespaceAnnotations: { 'linkerd.io/inject': 'enabled' },
    owner: { kind: 'Deployment', name: 'd' },
    config: CONFIG,
    trustAnchorsPem: 'PEM',
    createdBy: 'test',
  });
  assert.ok(outcome.kind === 'injected');
  const { template } = applyPatch(deployment, outcome.patch).spec;
  assert.equal((template as PodTemplate).spec?.initContainers?.[1]?.name, 'linkerd-proxy');
});

test('a Service takes the opaque ports of its namespace, else those the mesh takes for opaque', () => {
  const service = {
    spec: { ports: [{ port: 80, targetPort: 5432 }, { port: 3306 }, { port: 8080 }] },
  };
  const annotationOf = (namespace: Record<string, string>, own?: string): string | undefined => {
    const metadata =
      own === undefined ? {} : { annotations: { 'config.linkerd.io/opaque-ports': own } };
    const given = { ...service, metadata };
    return applyPatch<{ metadata?: { annotations?: Record<string, string> } }>(
      given,
      injectService(given, namespace, CONFIG),
    ).metadata?.annotations?.['config.linkerd.io/opaque-ports'];
  };
  assert.equal(annotationOf({}), '80,3306');
  assert.equal(annotationOf({ 'config.linkerd.io/opaque-ports': '7000' }), '7000');
  assert.equal(annotationOf({ 'config.linkerd.io/opaque-ports': '7000' }, '1'), '1');
  assert.deepEqual(injectService({ spec: { ports: [{ port: 8080 }] } }, {}, CONFIG), []);
});

test('variables are read as pairs and as JSON', () => {
  assert.deepEqual(readAdditionalEnv('A=1, B=x=y'), [
    { name: 'A', value: '1' },
    { name: 'B', value: 'x=y' },
  ]);
  assert.deepEqual(readAdditionalEnv('[{"name": "A", "value": "1,2"}]'), [
    { name: 'A', value: '1,2' },
  ]);
  assert.match(JSON.stringify(readAdditionalEnv('[{"name": 1}]')), /neither/);
  assert.match(JSON.stringify(readAdditionalEnv('1A=1')), /1A.* is not the name/);
});

test('the configuration tells every fault at once', () => {
  assert.throws(
    () => readInjectConfig('proxy: {image: {name: a b, version: v1}, uid: 0}\nnonsense: 1'),
    (error: unknown) => {
      assert.ok(error instanceof TulleError);
      assert.equal(error.code, 'invalid_argument');
      const said = error.issues.map(({ path, message }) => `${path} ${message}`).join('\n');
      assert.match(said, /proxy\.image\.name "a b" is not the name of an image/);
      assert.match(said, /proxy\.uid/);
      assert.match(said, /nonsense/);
      return true;
    },
  );
  assert.throws(() => readInjectConfig('a: [}'), /is not YAML/);
});

test('a patch makes the maps and lists on its way, once', () => {
  const builder = new PatchBuilder({ metadata: { labels: null } });
  builder.setKeys('/metadata/labels', { 'a/b': '1', 'c~d': '2' });
  builder.insert('/spec/volumes', { name: 'v' }, 'end');
  builder.insert('/spec/volumes', { name: 'u' }, 0);
  assert.deepEqual(applyPatch<unknown>({ metadata: { labels: null } }, builder.operations), {
    metadata: { labels: { 'a/b': '1', 'c~d': '2' } },
    spec: { volumes: [{ name: 'u' }, { name: 'v' }] },
  });
});
