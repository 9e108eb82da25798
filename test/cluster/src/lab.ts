/** A namespace with programs of our own, meshed: a server of three pods, and what is sent to it. */
import { join } from 'node:path';
import { ROOT } from './programs.ts';
import { IMAGES } from './prepare-images.ts';
import { until } from './shell.ts';
import { LAB, type World } from './world.ts';

export const SERVER = `http://server.${LAB}.svc.cluster.local:8080/`;

/** Makes the namespace, the server and the scripts; what is there already stays. */
export async function prepareLab(world: World): Promise<void> {
  const { kubectl } = world;
  const script = join(ROOT, 'test/cluster/apps/lab.cjs');
  await apply(world, [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: LAB, annotations: { 'linkerd.io/inject': 'enabled' } },
    },
  ]);
  const map = await kubectl(
    'create',
    'configmap',
    'lab',
    '-n',
    LAB,
    `--from-file=${script}`,
    '--dry-run=client',
    '-o',
    'json',
  );
  await apply(world, [JSON.parse(map)]);
  await apply(world, [
    deployment('server', 3, labPod(['serve'], { ready: 8080 })),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server', namespace: LAB },
      spec: {
        selector: { app: 'server' },
        ports: [
          { name: 'http', port: 8080 },
          { name: 'grpc', port: 8081 },
        ],
      },
    },
  ]);
  await kubectl('rollout', 'status', 'deployment/server', '-n', LAB, '--timeout=120s');
}

/** Applies manifests as kubectl does. */
export async function apply(world: World, manifests: readonly unknown[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
  const { code, stderr } = await world.kubectlWith({ input }, 'apply', '-f', '-');
  if (code !== 0) throw new Error(stderr);
}

interface LabPodOptions {
  /** Port that answers when the pod is ready. */
  readonly ready?: number;
  readonly restartPolicy?: 'Always' | 'Never';
}

/** A pod that runs one of the lab's programs. */
export function labPod(
  args: readonly string[],
  { ready, restartPolicy = 'Always' }: LabPodOptions = {},
): unknown {
  return {
    restartPolicy,
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        name: 'lab',
        image: `${IMAGES.prefix}emojivoto:${IMAGES.tag}`,
        imagePullPolicy: 'IfNotPresent',
        args: ['/lab/lab.cjs', ...args],
        env: [{ name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        volumeMounts: [{ name: 'lab', mountPath: '/lab' }],
        ...(ready === undefined
          ? {}
          : {
              // Not by TCP: the proxy accepts before the program listens.
              readinessProbe: { httpGet: { path: '/', port: ready }, periodSeconds: 1 },
            }),
      },
    ],
    volumes: [{ name: 'lab', configMap: { name: 'lab' } }],
  };
}

export function deployment(name: string, replicas: number, spec: unknown): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: LAB },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels: { app: name } }, spec },
    },
  };
}

export function job(name: string, spec: unknown): unknown {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: LAB },
    spec: { backoffLimit: 0, template: { metadata: { labels: { app: name } }, spec } },
  };
}

/** Waits for a Job's end and gives what it said last. */
export async function jobResult(world: World, name: string, timeoutMs: number): Promise<string> {
  await until(`the end of the Job ${name}`, timeoutMs, async () => {
    const { status } = await world.get<{ status: { succeeded?: number; failed?: number } }>(
      'job',
      name,
      '-n',
      LAB,
    );
    if ((status.failed ?? 0) > 0) return true;
    return (status.succeeded ?? 0) > 0 || null;
  });
  const log = await world.kubectl('logs', `job/${name}`, '-n', LAB, '--tail=3');
  const { status } = await world.get<{ status: { succeeded?: number } }>('job', name, '-n', LAB);
  if ((status.succeeded ?? 0) === 0) throw new Error(`The Job ${name} failed: ${log}`);
  return log.trim();
}
