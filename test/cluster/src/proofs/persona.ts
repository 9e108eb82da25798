import assert from 'node:assert/strict';
import { apply, prepareLab } from '../lab.ts';
import type { Proof } from '../proof.ts';
import { DEMO, LAB, type World } from '../world.ts';

const NOBODY = 'nobody';

export const PERSONA: Proof = {
  name: 'persona',
  claim: 'a person without rights may not tap, inject or edit, and is told which right is missing',
  async run(world) {
    await prepareLab(world);
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: NOBODY, namespace: LAB },
    };
    await apply(world, [account]);
    const token = (await world.kubectl('create', 'token', NOBODY, '-n', LAB)).trim();
    const as = `--as=system:serviceaccount:${LAB}:${NOBODY}`;
    await refused(
      world,
      'kubectl: tap',
      /cannot watch resource "deployments\/tap"|forbidden/i,
      () =>
        world.kubectlWith(
          {},
          as,
          'create',
          '--raw',
          `/apis/tap.linkerd.io/v1alpha1/watch/namespaces/${DEMO}/deployments/web/tap`,
          '-f',
          '/dev/null',
        ),
    );
    await refused(world, 'kubectl: annotate', /cannot (get|patch) resource "namespaces"/, () =>
      world.kubectlWith(
        {},
        as,
        'annotate',
        'namespace',
        DEMO,
        'linkerd.io/inject=disabled',
        '--overwrite',
      ),
    );
    const env = { TULLE_TOKEN: token };
    const before = await profilesOf(world);
    await refused(world, 'tulle tap', /watch|forbidden|may not/i, () =>
      world.tulleWith({ env, timeoutMs: 15_000 }, 'viz', 'tap', 'deploy/web', '-n', DEMO),
    );
    await refused(world, 'tulle inject', /cannot patch resource|may not/i, () =>
      world.tulleWith({ env }, 'uninject', 'deploy/web', '-n', DEMO, '--no-wait'),
    );
    const input = JSON.stringify({ routes: [{ name: 'all', condition: { pathRegex: '.*' } }] });
    await refused(
      world,
      'tulle profile set',
      /cannot (get|create|update|patch) resource|may not/i,
      () =>
        world.tulleWith({ env, input }, 'profile', 'set', 'web-svc', '-n', DEMO, '--filename', '-'),
    );
    assert.deepEqual(await profilesOf(world), before, 'nothing was written');
  },
};

/** The demo's profiles with their versions: another proof may have left some. */
async function profilesOf(world: World): Promise<readonly string[]> {
  const { items } = await world.get<{
    items: { metadata: { name: string; resourceVersion: string } }[];
  }>('serviceprofiles', '-n', DEMO);
  return items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
}

async function refused(
  world: World,
  what: string,
  words: RegExp,
  attempt: () => Promise<{ code: number | null; stdout: string; stderr: string }>,
): Promise<void> {
  const { code, stdout, stderr } = await attempt();
  assert.notEqual(code, 0, `${what} was allowed: ${stdout}`);
  assert.match(stderr, words, what);
  world.say(`${what}: ${stderr.trim().split('\n').at(-1)?.slice(0, 160) ?? ''}`);
}
