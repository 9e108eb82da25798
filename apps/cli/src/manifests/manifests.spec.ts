import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { runCli } from '../testing/run-cli.ts';

const MANIFEST = `# The shop.
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # its name
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web # the first
          image: web
          ports: [{containerPort: 53, protocol: UDP}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: net}
spec: {template: {spec: {hostNetwork: true, containers: [{name: net}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: report}]}}}}}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Pod, metadata: {name: quiet, annotations: {linkerd.io/inject: disabled}}, spec: {containers: [{name: q}]}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
just: a note
`;

async function run(
  args: string[],
  input = '',
): Promise<{ code: number | null; out: string; err: string }> {
  const cli = runCli(args, { input });
  const code = await cli.exited;
  return { code, out: cli.stdout(), err: cli.stderr() };
}

function documents(text: string): Record<string, unknown>[] {
  return (parseAllDocuments(text) as { toJS(): Record<string, unknown> }[]).map((document) =>
    document.toJS(),
  );
}

async function folder(t: TestContext, files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-manifests-'));
  t.after(() => rm(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return dir;
}

test('pods are asked to be injected; everything else comes out as it went in', async () => {
  const { code, out, err } = await run(['inject', '--proxy-log-level', 'debug', '-'], MANIFEST);
  assert.equal(code, 0, err);
  assert.match(out, /^# The shop\.\n/);
  assert.match(out, /name: web # its name/);
  assert.match(out, /- name: web # the first/);
  const [service, deployment, daemonSet, cronJob, list] = documents(out);
  assert.deepEqual(service, documents(MANIFEST)[0]);
  assert.deepEqual(daemonSet, documents(MANIFEST)[2]);
  const annotations = {
    'linkerd.io/inject': 'enabled',
    'config.linkerd.io/proxy-log-level': 'debug',
  };
  assert.partialDeepStrictEqual(deployment, {
    spec: { template: { metadata: { labels: { app: 'web' }, annotations } } },
  });
  assert.partialDeepStrictEqual(cronJob, {
    spec: { jobTemplate: { spec: { template: { metadata: { annotations } } } } },
  });
  assert.partialDeepStrictEqual(list, { items: [{ kind: 'Pod' }, { metadata: { annotations } }] });
  assert.equal(
    err,
    `
‼ deployment/web: UDP port(s) configured on pod spec (53): UDP goes past the proxy
‼ daemonset/net: hostNetwork is enabled
‼ pod/quiet: pod has the annotation "linkerd.io/inject:disabled"
service "web" skipped
deployment "web" injected
daemonset "net" skipped
cronjob "report" injected
pod "quiet" skipped
namespace "shop" annotated
document missing "kind" field, skipped

`,
  );
});

test('by hand, the proxy is in the manifest; uninjecting gives the manifest back', async (t) => {
  const dir = await folder(t, {
    'inject.yaml': 'proxy: {image: {name: tulle-proxy, version: v1}}',
    'anchors.pem': '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n',
  });
  const files = [
    '--inject-config',
    join(dir, 'inject.yaml'),
    '--trust-anchors',
    join(dir, 'anchors.pem'),
  ];
  const injected = await run(['inject', '--manual', ...files, '-'], MANIFEST);
  assert.equal(injected.code, 0, injected.err);
  const [, deployment] = documents(injected.out);
  assert.partialDeepStrictEqual(deployment, {
    spec: {
      template: {
        metadata: {
          labels: { 'linkerd.io/workload-ns': 'shop', 'linkerd.io/proxy-deployment': 'web' },
        },
        spec: {
          initContainers: [
            { name: 'linkerd-init' },
            { name: 'linkerd-proxy', image: 'tulle-proxy:v1' },
          ],
        },
      },
    },
  });
  const back = await run(['uninject', '-'], injected.out);
  assert.match(back.err, /deployment "web" uninjected/);
  const without = documents(back.out)[1] as {
    spec: { template: { metadata: unknown; spec: unknown } };
  };
  assert.deepEqual(without.spec.template.metadata, { labels: { app: 'web' }, annotations: {} });
  assert.partialDeepStrictEqual(without.spec.template.spec, { initContainers: [], volumes: [] });
  const twice = await run(['inject', '--manual', ...files, '-'], injected.out);
  assert.match(twice.err, /deployment\/web: pod has a sidecar injected already/);
});

test('a folder is read with what is in it, and json is printed when asked', async (t) => {
  const pod = (name: string): string =>
    `{kind: Pod, metadata: {name: ${name}}, spec: {containers: []}}\n`;
  const dir = await folder(t, {
    'a.yml': pod('a'),
    'deep/b.yaml': pod('b'),
    'notes.txt': 'no manifest',
  });
  const { out, err } = await run(['inject', dir]);
  assert.deepEqual(
    documents(out).map(({ metadata }) => (metadata as { name: string }).name),
    ['a', 'b'],
  );
  assert.match(err, /pod "a" injected\npod "b" injected/);
  const json = await run(['inject', '-o', 'json', join(dir, 'a.yml')]);
  assert.equal((JSON.parse(json.out) as { kind: string }).kind, 'Pod');
});

test('by hand, what is injected is read from the cluster', async (t) => {
  const configMaps: Record<string, object> = {
    '/api/v1/namespaces/mesh/configmaps/tulle-config': {
      data: { 'inject.yaml': 'proxy: {image: {name: from-the-cluster, version: v1}}' },
    },
    '/api/v1/namespaces/mesh/configmaps/tulle-identity-trust-roots': {
      data: { 'ca-bundle.crt': 'the anchors' },
    },
  };
  const server = createServer((request, response) => {
    const found = configMaps[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { connection: 'close' });
    response.end(JSON.stringify(found ?? { message: `no ${request.url}` }));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dir = await folder(t, {
    kubeconfig: JSON.stringify({
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'test', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  });
  const where = ['--kubeconfig', join(dir, 'kubeconfig'), '--control-plane-namespace'];
  const { out, err, code } = await run(['inject', '--manual', ...where, 'mesh', '-'], MANIFEST);
  assert.equal(code, 0, err);
  assert.match(out, /image: from-the-cluster:v1/);
  assert.match(out, /value: the anchors/);
  const elsewhere = await run(['inject', '--manual', ...where, 'nowhere', '-'], MANIFEST);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /no \/api\/v1\/namespaces\/nowhere\/configmaps\/tulle-config/);
});

test('wrong settings, what is no YAML and missing files are told, and nothing is printed', async (t) => {
  const wrong = await run(['inject', '--proxy-cpu-request', 'much', '-'], MANIFEST);
  assert.equal(wrong.code, 64);
  assert.equal(wrong.out, '');
  assert.match(
    wrong.err,
    /deployment\/web cannot be injected:\n {2}config\.linkerd\.io\/proxy-cpu-request: "much" is not/,
  );
  const broken = await run(['inject', '-'], 'a: [\n');
  assert.equal(broken.code, 64);
  assert.match(broken.err, /is not YAML: .*line/s);
  const missing = await run(['inject', '/no/such/app.yml']);
  assert.match(missing.err, /\/no\/such\/app\.yml cannot be read/);
  const empty = await folder(t, { 'notes.txt': '' });
  assert.match((await run(['inject', empty])).err, /holds no manifest/);
  assert.match((await run(['inject', '-'], 'kind: ConfigMap\n')).err, /no supported objects found/);
});
