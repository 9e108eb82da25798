import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../lab.ts';
import { podsOf } from '../pods.ts';
import { IMAGES } from '../prepare-images.ts';
import { findProgram, ROOT } from '../programs.ts';
import type { Proof } from '../proof.ts';
import { until } from '../shell.ts';
import type { World } from '../world.ts';

const NAMESPACE = 'tulle-transparency';
const UID = 1234;
const CLIENT = /^default\.tulle-transparency\.serviceaccount\.identity\./;

export const TRANSPARENCY: Proof = {
  name: 'transparency',
  claim:
    'applications call what they like, as whoever they are, and notice nothing of the proxy; wrong wishes are refused with their reason',
  async run(world) {
    await prepare(world);
    await everythingIsReached(world);
    await initContainersAreMeshed(world);
    await portForwardWorks(world);
    await probesPassAStrictPolicy(world);
    await ingressesNameServices(world);
    await wrongAnnotationsAreRefused(world);
    await servicesInheritOpaquePorts(world);
    await wrongProfilesAreRefused(world);
    await world.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
  },
  async explain({ kubectl, say }) {
    say(await kubectl('get', 'pods', '-n', NAMESPACE, '-o', 'wide'));
    const events = await kubectl('get', 'events', '-n', NAMESPACE, '--sort-by=.lastTimestamp');
    say(events.split('\n').slice(-15).join('\n'));
  },
};

interface Answer {
  readonly pod?: string;
  readonly uid?: number;
  /** The mesh identity of the caller, as the server's proxy says. */
  readonly client?: string | null;
  readonly failed?: string;
}

interface Answers {
  readonly service: readonly Answer[];
  readonly fullName: Answer;
  readonly headless: Answer;
  readonly statefulSet: Answer;
  readonly ownAddress: Answer;
  readonly loopback: Answer;
  readonly unmeshed: Answer;
  readonly serverFirst: string;
  readonly serverFirstUnmeshed: string;
  readonly clientFirst: string;
  readonly outside: number;
  readonly nobody: string;
  readonly proxyItself: string;
}

async function prepare(world: World): Promise<void> {
  const script = readFileSync(join(ROOT, 'test/cluster/apps/transparency.cjs'), 'utf8');
  await apply(world, [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, annotations: { 'linkerd.io/inject': 'enabled' } },
    },
  ]);
  await apply(world, [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app', namespace: NAMESPACE },
      data: { 'app.cjs': script },
    },
    workload('Deployment', 'echo', 2, {
      securityContext: { runAsUser: UID, runAsNonRoot: true },
      containers: [
        server({
          readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
          livenessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 2 },
        }),
      ],
    }),
    workload('StatefulSet', 'peers', 2, {
      initContainers: [container('first', ['ask', 'http://echo/'])],
      containers: [server()],
    }),
    workload(
      'Deployment',
      'plain',
      1,
      { containers: [server()] },
      { 'linkerd.io/inject': 'disabled' },
    ),
    service('echo', [80, 8080], [3306, 3306], [9000, 9000]),
    service('plain', [80, 8080], [3306, 3306]),
    {
      ...service('peers', [8080, 8080]),
      spec: { ...service('peers', [8080, 8080]).spec, clusterIP: 'None' },
    },
  ]);
  for (const name of ['deployment/echo', 'statefulset/peers', 'deployment/plain']) {
    await world.kubectl('rollout', 'status', name, '-n', NAMESPACE, '--timeout=120s');
  }
}

async function everythingIsReached(world: World): Promise<void> {
  const [pod] = await podsOf(world, NAMESPACE, 'app=echo');
  assert.ok(pod !== undefined);
  const self = pod.metadata.name;
  const said = await exec(world, self, 'probe', NAMESPACE);
  const answers = JSON.parse(said) as Answers;
  const told = said.slice(0, 3000);
  for (const { pod: served, uid, client } of answers.service) {
    assert.equal(uid, UID, told);
    // A pod that its own Service leads back to itself speaks plainly with itself.
    if (served === self) assert.equal(client, null, told);
    else assert.match(String(client), CLIENT, told);
  }
  const served = new Set(answers.service.map(({ pod }) => pod));
  assert.equal(served.size, 2, `both pods serve, its own too: ${told}`);
  assert.equal(answers.fullName.uid, UID, told);
  for (const answer of [answers.headless, answers.statefulSet]) {
    assert.match(String(answer.client), CLIENT, told);
  }
  assert.equal(answers.statefulSet.pod, 'peers-1', told);
  for (const answer of [answers.ownAddress, answers.loopback]) {
    assert.equal(answer.pod, self, told);
    assert.equal(answer.client, null, told);
  }
  assert.match(String(answers.unmeshed.pod), /^plain-/, told);
  assert.match(answers.serverFirst, /^hello from echo-.*\nbye\n$/, told);
  assert.match(answers.serverFirstUnmeshed, /^hello from plain-.*\nbye\n$/, told);
  assert.equal(answers.clientFirst, 'echo hi\n', told);
  assert.equal(answers.outside, 200, told);
  assert.doesNotMatch(answers.nobody, /^silence/, told);
  assert.doesNotMatch(answers.proxyItself, /^(silence|HTTP)/, told);
  await until('the server-speaks-first connection inside mutual TLS', 20_000, async () => {
    for (const { metadata } of await podsOf(world, NAMESPACE, 'app=echo')) {
      await exec(world, self, 'probe', NAMESPACE);
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}:4191/proxy/metrics`;
      const metrics = await world.kubectl('get', '--raw', path);
      const secured =
        /^tcp_open_total\{direction="inbound",[^}]*target_port="3306"[^}]*tls="true"/m;
      if (secured.test(metrics)) return true;
    }
    return null;
  });
  world.say(
    `from a pod of user ${UID}: Service, own Service, headless, StatefulSet name, unmeshed, outside, both kinds of TCP`,
  );
}

async function initContainersAreMeshed(world: World): Promise<void> {
  const log = await world.kubectl('logs', 'peers-0', '-c', 'first', '-n', NAMESPACE);
  const { client } = JSON.parse(log) as Answer;
  assert.match(String(client), CLIENT);
  world.say('an init container’s call went through the proxy');
}

/** A port-forward arrives from the pod's own loopback, which is not redirected. */
async function portForwardWorks(world: World): Promise<void> {
  const kubectl = spawn(
    findProgram('kubectl'),
    ['port-forward', 'deployment/echo', ':8080', '-n', NAMESPACE],
    { env: { ...process.env, KUBECONFIG: world.kubeconfig }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    const [line] = (await once(kubectl.stdout, 'data')) as [Buffer];
    const port = /127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1];
    const answer = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Answer;
    assert.match(String(answer.pod), /^echo-/);
    assert.equal(answer.client, null);
  } finally {
    kubectl.kill();
  }
}

/** Clients without identity are refused, the kubelet is not. */
async function probesPassAStrictPolicy(world: World): Promise<void> {
  const annotations = { 'config.linkerd.io/default-inbound-policy': 'all-authenticated' };
  const readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 };
  await apply(world, [
    workload('Deployment', 'strict', 1, { containers: [server({ readinessProbe })] }, annotations),
    service('strict', [80, 8080]),
  ]);
  await world.kubectl('rollout', 'status', 'deployment/strict', '-n', NAMESPACE, '--timeout=60s');
  const [plain] = await podsOf(world, NAMESPACE, 'app=plain');
  const [echo] = await podsOf(world, NAMESPACE, 'app=echo');
  const ask = (from: string | undefined): Promise<string> =>
    world.kubectl(
      'exec',
      from ?? '',
      '-c',
      'app',
      '-n',
      NAMESPACE,
      '--',
      'node',
      '-e',
      'fetch("http://strict/").then((response) => console.log(response.status))',
    );
  assert.equal((await ask(plain?.metadata.name)).trim(), '403');
  assert.equal((await ask(echo?.metadata.name)).trim(), '200');
  world.say(
    'all-authenticated: ready by its probe, 403 for a client without identity, 200 for one with',
  );
}

/** An ingress sends to an address that it found itself and names the service. */
async function ingressesNameServices(world: World): Promise<void> {
  const annotations = { 'linkerd.io/inject': 'ingress' };
  await apply(world, [
    workload('Deployment', 'gateway', 1, { containers: [server()] }, annotations),
  ]);
  await world.kubectl('rollout', 'status', 'deployment/gateway', '-n', NAMESPACE, '--timeout=60s');
  const ask = async (headers: object): Promise<Answer> => {
    const script = `fetch("http://plain/", ${JSON.stringify({ headers })}).then((response) => response.text()).then(console.log)`;
    const where = ['exec', 'deployment/gateway', '-c', 'app', '-n', NAMESPACE];
    return JSON.parse(await world.kubectl(...where, '--', 'node', '-e', script)) as Answer;
  };
  const named = await ask({ 'l5d-dst-override': `echo.${NAMESPACE}.svc.cluster.local:80` });
  assert.match(String(named.pod), /^echo-/);
  assert.match(String(named.client), CLIENT);
  assert.match(String((await ask({})).pod), /^plain-/);
  world.say('an ingress reached the service that it named, by mutual TLS');
}

async function wrongAnnotationsAreRefused(world: World): Promise<void> {
  const annotations = { 'config.linkerd.io/proxy-uid': 'root' };
  await apply(world, [workload('Deployment', 'wrong', 1, { containers: [server()] }, annotations)]);
  const message = await until('the event of a refused pod', 20_000, async () => {
    const { items } = await world.get<{
      items: { reason: string; message: string; involvedObject: { name: string } }[];
    }>('events', '-n', NAMESPACE);
    return items.find(
      ({ reason, involvedObject }) =>
        reason === 'InjectionSkipped' && involvedObject.name === 'wrong',
    )?.message;
  });
  assert.match(message, /proxy-uid "root" is not a whole number/);
  assert.equal((await podsOf(world, NAMESPACE, 'app=wrong')).length, 0);
  await world.kubectl('delete', 'deployment', 'wrong', '-n', NAMESPACE);
  world.say(`a wrong annotation: ${message}`);
}

async function servicesInheritOpaquePorts(world: World): Promise<void> {
  await apply(world, [service('database', [5432, 5432], [80, 8080])]);
  const { metadata } = await world.get<{ metadata: { annotations: Record<string, string> } }>(
    'service',
    'database',
    '-n',
    NAMESPACE,
  );
  assert.equal(metadata.annotations['config.linkerd.io/opaque-ports'], '5432');
}

async function wrongProfilesAreRefused(world: World): Promise<void> {
  const profile = (pathRegex: string): string =>
    JSON.stringify({
      apiVersion: 'linkerd.io/v1alpha2',
      kind: 'ServiceProfile',
      metadata: { name: `echo.${NAMESPACE}.svc.cluster.local`, namespace: NAMESPACE },
      spec: { routes: [{ name: 'all', condition: { method: 'GET', pathRegex } }] },
    });
  const wrong = await world.kubectlWith({ input: profile('/(') }, 'apply', '-f', '-');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /spec\.routes\[0\]\.condition\.pathRegex: Not a regular expression/);
  const right = await world.kubectlWith({ input: profile('/.*') }, 'apply', '-f', '-');
  assert.equal(right.code, 0, right.stderr);
  world.say(`a wrong ServiceProfile: ${wrong.stderr.trim().slice(0, 200)}`);
}

function exec(world: World, pod: string, ...args: string[]): Promise<string> {
  return world.kubectl(
    'exec',
    pod,
    '-c',
    'app',
    '-n',
    NAMESPACE,
    '--',
    'node',
    '/app-files/app.cjs',
    ...args,
  );
}

function container(name: string, args: readonly string[], more: object = {}): object {
  return {
    name,
    image: `${IMAGES.prefix}emojivoto:${IMAGES.tag}`,
    imagePullPolicy: 'IfNotPresent',
    args: ['/app-files/app.cjs', ...args],
    volumeMounts: [{ name: 'app', mountPath: '/app-files' }],
    ...more,
  };
}

function server(more: object = {}): object {
  const ports = [8080, 3306, 9000].map((containerPort) => ({ containerPort }));
  return container('app', ['serve'], { ports, ...more });
}

function workload(
  kind: string,
  name: string,
  replicas: number,
  spec: object,
  annotations: Readonly<Record<string, string>> = {},
): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { ...spec, volumes: [{ name: 'app', configMap: { name: 'app' } }] },
      },
    },
  };
}

function service(name: string, ...ports: readonly (readonly [number, number])[]) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      selector: { app: name },
      ports: ports.map(([port, targetPort]) => ({ name: `p${port}`, port, targetPort })),
    },
  };
}
