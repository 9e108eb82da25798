import { LAB, type World } from './world.ts';
import { apply, deployment, labPod, SERVER } from './lab.ts';
import { until } from './shell.ts';

/** What a client has seen since it began. */
export interface Counts {
  readonly atMs: number;
  readonly sent: number;
  readonly ok: number;
  readonly lost: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** Starts a meshed client that sends `perSecond` requests a second to the lab's server until the lab goes. */
export async function startTraffic(world: World, perSecond: number): Promise<void> {
  await apply(world, [deployment('client', 1, labPod(['load', SERVER, String(perSecond)]))]);
  await world.kubectl('rollout', 'status', 'deployment/client', '-n', LAB, '--timeout=90s');
  await until('the first answers', 30_000, async () => {
    const counts = await readCounts(world);
    return counts.ok > 0 ? counts : null;
  });
}

export async function readCounts(world: World): Promise<Counts> {
  const log = await world.kubectl('logs', 'deployment/client', '-n', LAB, '-c', 'lab', '--tail=1');
  return JSON.parse(log) as Counts;
}

/** Sent and lost while `disturb` ran, and for a few seconds after it. */
export async function countDuring(
  world: World,
  what: string,
  disturb: () => Promise<void>,
): Promise<{ sent: number; lost: number }> {
  const before = await readCounts(world);
  await disturb();
  const doneAtMs = Date.now();
  const after = await until('counts after the disturbance', 60_000, async () => {
    const counts = await readCounts(world);
    return counts.atMs > doneAtMs + 3000 ? counts : null;
  });
  const sent = after.sent - before.sent;
  const lost = after.lost - before.lost;
  const why = lost === 0 ? '' : ` ${JSON.stringify(after.reasons)}`;
  world.say(`${what}: ${sent} sent, ${lost} lost${why}`);
  return { sent, lost };
}
