import assert from 'node:assert/strict';
import { operatorToken } from '../operator.ts';
import type { Proof } from '../proof.ts';
import { until } from '../shell.ts';
import { DEMO, type World } from '../world.ts';
import { podsOf, proxyOf, restartAll } from '../pods.ts';
import { explain } from './install.ts';

interface StatRow {
  readonly name: string;
  readonly meshed: { readonly meshed: number; readonly total: number };
  readonly successRate: number | null;
  readonly requestsPerSecond: number | null;
}

interface Edge {
  readonly serverIdentity: string | null;
  /** Why it is not mutual TLS. */
  readonly plainReason: string | null;
}

export const MESH: Proof = {
  name: 'mesh',
  claim:
    'annotate and restart: every pod has its proxy, every edge is mutual TLS, the doughnut is found',
  isBase: true,
  async run(world) {
    const { kubectl, tulle, say } = world;
    const unmeshed = await until('the demo before it is meshed', 60_000, async () => stats(world));
    assert.deepEqual(
      unmeshed.map(({ meshed }) => meshed.meshed),
      unmeshed.map(() => 0),
      'no pod is meshed yet',
    );
    await kubectl('annotate', 'namespace', DEMO, 'linkerd.io/inject=enabled', '--overwrite');
    const seconds = await restartAll(world, DEMO);
    say(`four workloads restarted into the mesh in ${seconds.toFixed(0)} s`);
    const pods = await podsOf(world, DEMO);
    for (const pod of pods) assert.ok(proxyOf(pod), `${pod.metadata.name} has no proxy`);
    const rows = await until('a success rate below 100 %', 90_000, async () => {
      const all = await stats(world);
      const of = (name: string): StatRow | undefined => all?.find((row) => row.name === name);
      const isBelow = (row?: StatRow): boolean =>
        typeof row?.successRate === 'number' && row.successRate < 1;
      return isBelow(of('web')) && isBelow(of('voting')) ? all : null;
    });
    for (const { name, meshed, successRate, requestsPerSecond } of rows) {
      const success = successRate === null ? 'nothing answered' : `success ${percent(successRate)}`;
      const rps = requestsPerSecond === null ? '' : `, ${requestsPerSecond.toFixed(1)} rps`;
      say(`${name}: ${meshed.meshed}/${meshed.total} meshed, ${success}${rps}`);
    }
    await expectMutualTls(world);
    const env = { TULLE_TOKEN: await operatorToken(world) };
    const tap = await until('a doughnut in tap', 60_000, async () => {
      const args = ['viz', 'tap', 'deploy/voting', '-n', DEMO, '--filter', 'grpc:Unknown'];
      const { stdout, stderr } = await world.tulleWith({ env, timeoutMs: 12_000 }, ...args);
      if (!stdout.includes('VoteDoughnut')) throw new Error(stderr);
      return stdout;
    });
    say(`tap: ${tap.trim().split('\n')[0]}`);
    const check = await tulle('check', '--proxy', '-n', DEMO, '--wait', '30s');
    assert.equal(check.code, 0, check.stdout + check.stderr);
  },
  explain,
};

async function stats({ tulle }: World): Promise<StatRow[] | null> {
  const { code, stdout, stderr } = await tulle('viz', 'stat', 'deploy', '-n', DEMO, '-o', 'json');
  if (code !== 0) throw new Error(stderr);
  const rows = JSON.parse(stdout) as StatRow[];
  return rows.length === 4 ? rows : null;
}

async function expectMutualTls(world: World): Promise<void> {
  const edges = await until('every edge', 60_000, async () => {
    const { stdout } = await world.tulle('viz', 'edges', 'deploy', '-n', DEMO, '-o', 'json');
    const all = JSON.parse(stdout) as Edge[];
    const plain = all.filter(({ plainReason }) => plainReason !== null);
    if (plain.length > 0) throw new Error(JSON.stringify(plain));
    return all.length >= 3 && all.every(({ serverIdentity }) => serverIdentity !== null)
      ? all
      : null;
  });
  world.say(`${edges.length} edges, all mutual TLS`);
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`;
}
