import { until } from './shell.ts';
import type { World } from './world.ts';

export interface Container {
  readonly name: string;
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
    }[];
  };
}

/** Pods of a namespace that are not going. */
export async function podsOf(world: World, namespace: string, selector = ''): Promise<Pod[]> {
  const more = selector === '' ? [] : ['-l', selector];
  const { items } = await world.get<{ items: Pod[] }>('pods', '-n', namespace, ...more);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export function proxyOf({ spec }: Pod): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find(
    ({ name }) => name === 'linkerd-proxy',
  );
}

/** Restarts every Deployment of a namespace and waits for it; gives the seconds it took. */
export async function restartAll(world: World, namespace: string): Promise<number> {
  const startedAtMs = Date.now();
  await world.kubectl('rollout', 'restart', 'deployment', '-n', namespace);
  await waitForRollouts(world, namespace);
  return (Date.now() - startedAtMs) / 1000;
}

export async function waitForRollouts(world: World, namespace: string): Promise<void> {
  const { items } = await world.get<{ items: { metadata: { name: string } }[] }>(
    'deployments',
    '-n',
    namespace,
  );
  for (const { metadata } of items) {
    await world.kubectl(
      'rollout',
      'status',
      `deployment/${metadata.name}`,
      '-n',
      namespace,
      '--timeout=100s',
    );
  }
  await until(`the old pods of ${namespace} to go`, 90_000, async () => {
    const { items: pods } = await world.get<{ items: Pod[] }>('pods', '-n', namespace);
    return pods.every(({ metadata }) => metadata.deletionTimestamp === undefined) || null;
  });
}
