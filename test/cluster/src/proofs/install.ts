import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { inventory } from '../inventory.ts';
import { IMAGES } from '../prepare-images.ts';
import type { Proof } from '../proof.ts';
import { CONTROL_PLANE, DEMO, type World } from '../world.ts';
import { INVENTORY_FILE } from './uninstall.ts';

/** The chart's values in these tests: our images, and a Prometheus of Debian's that looks more often. */
export const VALUES = [
  '--set',
  `images.prefix=${IMAGES.prefix}`,
  '--set',
  `images.tag=${IMAGES.tag}`,
  '--set',
  `prometheus.image.name=${IMAGES.prefix}prometheus`,
  '--set',
  `prometheus.image.tag=${IMAGES.tag}`,
  '--set',
  'prometheus.scrapeInterval=5s',
];

export const INSTALL: Proof = {
  name: 'install',
  claim: 'two charts install the mesh, and tulle check finds nothing wrong',
  isBase: true,
  async run(world) {
    const { helm, tulle, say } = world;
    writeFileSync(INVENTORY_FILE, JSON.stringify([...(await inventory(world))]));
    await helm(
      'install',
      'tulle-crds',
      'helm/tulle-crds',
      '-n',
      CONTROL_PLANE,
      '--create-namespace',
    );
    await helm('install', 'tulle', 'helm/tulle', '-n', CONTROL_PLANE, ...VALUES);
    await helm(
      'install',
      DEMO,
      'helm/emojivoto',
      '-n',
      DEMO,
      '--create-namespace',
      '--set',
      `image=${IMAGES.prefix}emojivoto`,
      '--set',
      `tag=${IMAGES.tag}`,
    );
    const check = await tulle('check', '--wait', '120s');
    assert.equal(check.code, 0, check.stdout + check.stderr);
    const marks = check.stdout.split('\n').filter((line) => /^[√‼×] /.test(line));
    assert.deepEqual(
      marks.filter((line) => !line.startsWith('√')),
      [],
    );
    say(`${marks.length} checks, all √`);
  },
  explain,
};

/** What the control plane says of itself. */
export async function explain({ kubectl, say }: World): Promise<void> {
  say(await kubectl('get', 'pods', '-A', '-o', 'wide'));
  for (const name of [
    'destination',
    'identity',
    'proxy-injector',
    'tap',
    'dashboard',
    'prometheus',
  ]) {
    const args = ['logs', '-n', CONTROL_PLANE, `deploy/tulle-${name}`, '--all-containers'];
    say(`${name}:\n${await kubectl(...args, '--tail=12').catch(String)}`);
  }
}
