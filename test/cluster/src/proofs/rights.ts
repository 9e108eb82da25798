import assert from 'node:assert/strict';
import { podsOf } from '../pods.ts';
import type { Proof } from '../proof.ts';
import { until } from '../shell.ts';
import { CONTROL_PLANE, type World } from '../world.ts';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
}

interface ClusterRole {
  readonly rules: readonly Rule[];
}

/** A right of each role whose absence must be told. */
const MISSING = [
  { role: 'tulle-destination', resource: 'endpointslices', words: /endpointslices/ },
  { role: 'tulle-identity', resource: 'tokenreviews', words: /tokenreviews/ },
] as const;

export const RIGHTS: Proof = {
  name: 'rights',
  claim: 'a right taken away is named in the log, and nothing crashes',
  async run(world) {
    for (const { role, resource, words } of MISSING)
      await withoutRight(world, role, resource, words);
  },
};

async function withoutRight(
  world: World,
  name: string,
  resource: string,
  words: RegExp,
): Promise<void> {
  const { rules } = await world.get<ClusterRole>('clusterrole', name);
  const fewer = rules.filter((rule) => rule.resources?.includes(resource) !== true);
  assert.equal(fewer.length, rules.length - 1, `${name} has one rule for ${resource}`);
  await setRules(world, name, fewer);
  try {
    await world.kubectl('rollout', 'restart', `deployment/${name}`, '-n', CONTROL_PLANE);
    if (resource === 'tokenreviews') {
      // Asked for when a proxy wants its certificate.
      await world.kubectl(
        'rollout',
        'status',
        `deployment/${name}`,
        '-n',
        CONTROL_PLANE,
        '--timeout=60s',
      );
      await world.kubectl(
        'rollout',
        'restart',
        'deployment/tulle-destination',
        '-n',
        CONTROL_PLANE,
      );
    }
    const line = await until(`${resource} in the log of ${name}`, 60_000, async () => {
      const pods = await podsOf(world, CONTROL_PLANE, `app.kubernetes.io/name=${name}`);
      for (const { metadata } of pods) {
        const log = await world.kubectl(
          'logs',
          metadata.name,
          '-n',
          CONTROL_PLANE,
          '-c',
          'controller',
        );
        const found = log
          .split('\n')
          .find((each) => words.test(each) && /forbidden|cannot/.test(each));
        if (found !== undefined) return found;
      }
      return null;
    });
    world.say(`${name} without ${resource}: ${line.slice(0, 300)}`);
    const pods = await podsOf(world, CONTROL_PLANE, `app.kubernetes.io/name=${name}`);
    const restarts = pods.flatMap(({ status }) => status.containerStatuses ?? []);
    assert.ok(
      restarts.every(({ restartCount }) => restartCount === 0),
      'it runs on',
    );
  } finally {
    await setRules(world, name, rules);
  }
  await world.kubectl(
    'rollout',
    'status',
    `deployment/${name}`,
    '-n',
    CONTROL_PLANE,
    '--timeout=100s',
  );
  await world.kubectl(
    'rollout',
    'status',
    'deployment/tulle-destination',
    '-n',
    CONTROL_PLANE,
    '--timeout=100s',
  );
}

async function setRules(world: World, name: string, rules: readonly Rule[]): Promise<void> {
  await world.kubectl(
    'patch',
    'clusterrole',
    name,
    '--type=merge',
    '-p',
    JSON.stringify({ rules }),
  );
}
