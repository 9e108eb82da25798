import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { prepareLab } from '../lab.ts';
import { waitForRollouts } from '../pods.ts';
import type { Proof } from '../proof.ts';
import { rotateIssuer } from '../rotate-issuer.ts';
import { countDuring, startTraffic } from '../traffic.ts';
import { CONTROL_PLANE, LAB, type World } from '../world.ts';

const REQUESTS_PER_SECOND = 40;
const AWAY_MS = 5000;
const API_AWAY_MS = 30_000;
const ROLES = ['destination', 'identity', 'proxy-injector', 'tap', 'dashboard', 'prometheus'];

export const DISRUPTION: Proof = {
  name: 'disruption',
  claim:
    'traffic goes on whatever happens to the control plane, and while its own pods come and go',
  async run(world) {
    await prepareLab(world);
    await startTraffic(world, REQUESTS_PER_SECOND);
    const lost: string[] = [];
    const during = async (what: string, disturb: () => Promise<void>): Promise<void> => {
      const counts = await countDuring(world, what, disturb);
      assert.ok(counts.sent > 0, `${what}: nothing was sent`);
      if (counts.lost > 0) lost.push(`${what}: ${counts.lost} of ${counts.sent}`);
    };
    for (const role of ROLES) {
      await during(`tulle-${role} deleted`, () => without(world, [`tulle-${role}`]));
    }
    await during('the whole control plane deleted', () =>
      without(
        world,
        ROLES.map((role) => `tulle-${role}`),
      ),
    );
    await during('rolling restart of the server', () => restartServer(world));
    await during('server scaled from 3 to 9 and back', () => scaleServer(world));
    await during('issuer rotated', () => rotateIssuer(world));
    if (world.node === null)
      world.say('the API server of this cluster cannot be stopped: left out');
    else await during(`API server stopped for ${API_AWAY_MS / 1000} s`, () => stopApiServer(world));
    assert.deepEqual(lost, []);
  },
  async explain({ kubectl, say }) {
    say(await kubectl('get', 'pods', '-A', '-o', 'wide'));
    const log = ['logs', 'deployment/client', '-n', LAB, '-c', 'linkerd-proxy', '--tail=15'];
    say(await kubectl(...log));
  },
};

interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: unknown;
  };
  readonly spec: unknown;
}

/** Deletes Deployments with their pods, and makes them again after a while. */
async function without(world: World, names: readonly string[]): Promise<void> {
  const saved = await Promise.all(
    names.map((name) => world.get<Manifest>('deployment', name, '-n', CONTROL_PLANE)),
  );
  await world.kubectl('delete', 'deployment', ...names, '-n', CONTROL_PLANE, '--wait=true');
  await world.kubectl(
    'delete',
    'pods',
    '-n',
    CONTROL_PLANE,
    '--force',
    '--grace-period=0',
    '--wait=false',
    '-l',
    `app.kubernetes.io/name in (${names.join(',')})`,
  );
  await delay(AWAY_MS);
  for (const { metadata, spec } of saved) {
    const { name, namespace, labels } = metadata;
    const annotations = {
      'meta.helm.sh/release-name': 'tulle',
      'meta.helm.sh/release-namespace': CONTROL_PLANE,
    };
    const input = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels, annotations },
      spec,
    });
    const { code, stderr } = await world.kubectlWith({ input }, 'create', '-f', '-');
    assert.equal(code, 0, stderr);
  }
  for (const name of names) {
    await world.kubectl(
      'rollout',
      'status',
      `deployment/${name}`,
      '-n',
      CONTROL_PLANE,
      '--timeout=100s',
    );
  }
}

async function restartServer(world: World): Promise<void> {
  await world.kubectl('rollout', 'restart', 'deployment/server', '-n', LAB);
  await waitForRollouts(world, LAB);
}

async function scaleServer(world: World): Promise<void> {
  for (const replicas of [9, 3]) {
    await world.kubectl('scale', 'deployment/server', '-n', LAB, `--replicas=${replicas}`);
    await waitForRollouts(world, LAB);
  }
}

async function stopApiServer({ node }: World): Promise<void> {
  const file = join(node?.runFolder ?? '', 'pid/kube-apiserver');
  const pid = Number(readFileSync(file, 'utf8'));
  process.kill(pid, 'SIGSTOP');
  try {
    await delay(API_AWAY_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
