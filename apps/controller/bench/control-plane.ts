import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthorityMaterial } from '@tulle/pki';
import type { KubernetesApi } from '../src/kubernetes/kubernetes-api.ts';

/** The identity and destination roles as processes of their own, as in a cluster. */
export interface ControlPlane {
  readonly anchorsPem: string;
  readonly destinationName: string;
  readonly destinationPort: number;
  /** From the start of the process to `/ready`. */
  readonly readyMs: () => number;
  /** Stops the destination role and starts it anew. */
  restartDestination(): Promise<void>;
  memory(): Promise<{ readonly rssMb: number; readonly anonymousMb: number }>;
  close(): Promise<void>;
}

const MAIN = new URL('../dist/main.cjs', import.meta.url).pathname;
const ROLE = 'tulle-bench-destination';

/** Starts both with service accounts of `namespace`, the destination role with no more rights than its own. */
export async function startControlPlane(
  api: KubernetesApi,
  namespace: string,
  clusterCa: string,
  server: URL,
): Promise<ControlPlane> {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-bench-'));
  const material = await createAuthorityMaterial({
    controlPlaneNamespace: namespace,
    trustDomain: 'cluster.local',
  });
  await mkdir(join(dir, 'issuer'));
  await writeFile(join(dir, 'issuer/tls.crt'), material.issuerPem);
  await writeFile(join(dir, 'issuer/tls.key'), material.issuerKeyPem, { mode: 0o600 });
  await writeFile(join(dir, 'anchors.crt'), material.trustAnchorPem);
  await makeAccounts(api, namespace);
  const ports = await freePorts(4);
  const [identity = 0, identityAdmin = 0, destination = 0, destinationAdmin = 0] = ports;
  let readyMs = 0;

  /** The files a pod of this account would have. */
  async function prepare(account: string): Promise<void> {
    const home = join(dir, account);
    await mkdir(home);
    await writeFile(join(home, 'ca.crt'), clusterCa);
    await writeFile(join(home, 'token'), await tokenOf(api, namespace, account, null), {
      mode: 0o600,
    });
    const meshToken = await tokenOf(api, namespace, account, 'identity.l5d.io');
    await writeFile(join(home, 'mesh-token'), meshToken, { mode: 0o600 });
  }

  function start(
    account: string,
    roles: string,
    more: Readonly<Record<string, string>>,
  ): ChildProcess {
    const home = join(dir, account);
    return spawn(process.execPath, [MAIN, '--roles', roles], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        TULLE_PLATFORM: 'kubernetes',
        KUBERNETES_SERVICE_HOST: server.hostname,
        KUBERNETES_SERVICE_PORT: server.port === '' ? '443' : server.port,
        TULLE_SERVICE_ACCOUNT_DIR: home,
        TULLE_POD_NAME: `${account}-0`,
        TULLE_POD_NAMESPACE: namespace,
        TULLE_POD_SERVICE_ACCOUNT: account,
        TULLE_CONTROL_PLANE_NAMESPACE: namespace,
        TULLE_TRUST_ANCHORS_FILE: join(dir, 'anchors.crt'),
        TULLE_IDENTITY_TOKEN_FILE: join(home, 'mesh-token'),
        TULLE_IDENTITY_SVC_ADDR: `127.0.0.1:${identity}`,
        TULLE_LOG_LEVEL: 'warn',
        ...more,
      },
    });
  }

  async function startDestination(): Promise<ChildProcess> {
    const startedAt = performance.now();
    const child = start('tulle-destination', 'destination', {
      TULLE_DESTINATION_ADDR: `127.0.0.1:${destination}`,
      TULLE_ADMIN_ADDR: `127.0.0.1:${destinationAdmin}`,
    });
    await untilReady(destinationAdmin);
    readyMs = Math.round(performance.now() - startedAt);
    return child;
  }

  await prepare('tulle-identity');
  await prepare('tulle-destination');
  const identityRole = start('tulle-identity', 'identity', {
    TULLE_IDENTITY_DIR: join(dir, 'issuer'),
    TULLE_IDENTITY_ADDR: `127.0.0.1:${identity}`,
    TULLE_ADMIN_ADDR: `127.0.0.1:${identityAdmin}`,
  });
  await untilReady(identityAdmin);
  let destinationRole = await startDestination();
  return {
    anchorsPem: material.trustAnchorPem,
    destinationName: `tulle-destination.${namespace}.serviceaccount.identity.${namespace}.cluster.local`,
    destinationPort: destination,
    readyMs: () => readyMs,
    async restartDestination() {
      await stop(destinationRole);
      destinationRole = await startDestination();
    },
    memory: () => memoryOf(destinationRole.pid ?? 0),
    async close() {
      await stop(destinationRole);
      await stop(identityRole);
      await rm(dir, { recursive: true, force: true });
      const path = '/apis/rbac.authorization.k8s.io/v1';
      await api.request({ method: 'DELETE', path: `${path}/clusterrolebindings/${ROLE}` });
      await api.request({ method: 'DELETE', path: `${path}/clusterroles/${ROLE}` });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function makeAccounts(api: KubernetesApi, namespace: string): Promise<void> {
  for (const name of ['tulle-identity', 'tulle-destination']) {
    await api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
      body: { metadata: { name } },
    });
  }
  const verbs = ['list', 'watch'];
  await api.request({
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    body: {
      metadata: { name: ROLE },
      rules: [
        { apiGroups: [''], resources: ['namespaces', 'pods', 'services'], verbs },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
        { apiGroups: ['apps'], resources: ['replicasets'], verbs },
        { apiGroups: ['batch'], resources: ['jobs'], verbs },
        { apiGroups: ['linkerd.io'], resources: ['serviceprofiles'], verbs },
        { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      ],
    },
  });
  await api.request({
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: {
      metadata: { name: ROLE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
      subjects: ['tulle-identity', 'tulle-destination'].map((name) => ({
        kind: 'ServiceAccount',
        name,
        namespace,
      })),
    },
  });
}

async function tokenOf(
  api: KubernetesApi,
  namespace: string,
  account: string,
  audience: string | null,
): Promise<string> {
  const { status } = await api.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 7200, ...(audience === null ? {} : { audiences: [audience] }) },
    },
  });
  return status.token;
}

async function untilReady(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
    await answer?.text();
    if (answer?.ok === true) return;
    await delay(20);
  }
}

async function memoryOf(pid: number): Promise<{ rssMb: number; anonymousMb: number }> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kbOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
  const toMb = (kb: number): number => Math.round((kb / 1024) * 10) / 10;
  return { rssMb: toMb(kbOf('Rss')), anonymousMb: toMb(kbOf('Pss_Anon')) };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          }),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
