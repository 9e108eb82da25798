import assert from 'node:assert/strict';
import { apply, job, jobResult, labPod, prepareLab, SERVER } from '../lab.ts';
import { podsOf, proxyOf } from '../pods.ts';
import { IMAGES } from '../prepare-images.ts';
import type { Proof } from '../proof.ts';
import { until } from '../shell.ts';
import { LAB, type World } from '../world.ts';

export const WORKLOADS: Proof = {
  name: 'workloads',
  claim: 'a meshed Job ends, a database works on its opaque port, WebSocket and gRPC streams hold',
  async run(world) {
    await prepareLab(world);
    await apply(world, [
      job(
        'hold',
        labPod(['hold', `server.${LAB}.svc.cluster.local`, String(world.holdSeconds)], {
          restartPolicy: 'Never',
        }),
      ),
    ]);
    await aJobEnds(world);
    await aDatabaseWorks(world);
    const held = JSON.parse(await jobResult(world, 'hold', (world.holdSeconds + 90) * 1000)) as {
      webSocket: number;
      grpc: number;
    };
    for (const kind of ['webSocket', 'grpc'] as const) {
      assert.ok(held[kind] >= world.holdSeconds * 0.8, `${kind}: ${held[kind]} messages`);
    }
    world.say(
      `WebSocket and gRPC held for ${world.holdSeconds} s: ${held.webSocket} and ${held.grpc} messages`,
    );
  },
  async explain({ kubectl, say }) {
    say(await kubectl('get', 'pods', '-n', LAB, '-o', 'wide'));
    say(
      await kubectl('get', 'events', '-n', LAB, '--sort-by=.lastTimestamp').then((all) =>
        all.split('\n').slice(-15).join('\n'),
      ),
    );
  },
};

async function aJobEnds(world: World): Promise<void> {
  await apply(world, [job('once', labPod(['once', SERVER], { restartPolicy: 'Never' }))]);
  const said = await jobResult(world, 'once', 60_000);
  const [pod] = await podsOf(world, LAB, 'app=once');
  assert.ok(pod !== undefined && proxyOf(pod) !== undefined, 'the Job is meshed');
  const phase = await until('the end of its pod', 30_000, async () => {
    const [found] = await podsOf(world, LAB, 'app=once');
    return found?.status.phase === 'Succeeded' ? found.status.phase : null;
  });
  world.say(`Job: pod ${phase}, ${said}`);
}

/** PostgreSQL speaks first on 5432, which is opaque by default. */
async function aDatabaseWorks(world: World): Promise<void> {
  await apply(world, database());
  await world.kubectl('rollout', 'status', 'statefulset/postgres', '-n', LAB, '--timeout=120s');
  const sql =
    'create table t (n int); insert into t select generate_series(1, 1000); select sum(n) from t';
  const host = `postgres-0.postgres.${LAB}.svc.cluster.local`;
  await apply(world, [
    job('psql', {
      ...postgresPod(['psql', '-h', host, '-U', 'postgres', '-tA', '-c', sql]),
      restartPolicy: 'Never',
    }),
  ]);
  const said = await jobResult(world, 'psql', 90_000);
  assert.match(said, /^500500$/m);
  const secured = await until(
    'the database connection in the proxy’s numbers',
    30_000,
    async () => {
      const metrics = await world.kubectl(
        'get',
        '--raw',
        `/api/v1/namespaces/${LAB}/pods/postgres-0:4191/proxy/metrics`,
      );
      return metrics
        .split('\n')
        .find(
          (line) =>
            line.startsWith('tcp_open_total{') &&
            line.includes('direction="inbound"') &&
            line.includes('tls="true"'),
        );
    },
  );
  assert.ok(secured);
  world.say(`PostgreSQL by its StatefulSet name: 1,000 rows, mutual TLS`);
}

function postgresPod(
  command: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    containers: [
      {
        name: 'postgres',
        image: `${IMAGES.prefix}postgresql:${IMAGES.tag}`,
        imagePullPolicy: 'IfNotPresent',
        command,
        ...more,
      },
    ],
  };
}

function database(): unknown[] {
  const start =
    'initdb -D /tmp/data -A trust >/dev/null && echo "host all all all trust" >> /tmp/data/pg_hba.conf && exec postgres -D /tmp/data -c listen_addresses="*" -c unix_socket_directories=/tmp';
  const readinessProbe = { exec: { command: ['pg_isready', '-h', '127.0.0.1'] }, periodSeconds: 1 };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'postgres', namespace: LAB },
      spec: {
        clusterIP: 'None',
        selector: { app: 'postgres' },
        ports: [{ name: 'postgres', port: 5432 }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'postgres', namespace: LAB },
      spec: {
        serviceName: 'postgres',
        replicas: 1,
        selector: { matchLabels: { app: 'postgres' } },
        template: {
          metadata: { labels: { app: 'postgres' } },
          spec: postgresPod(['sh', '-c', start], {
            readinessProbe,
            ports: [{ containerPort: 5432 }],
          }),
        },
      },
    },
  ];
}
