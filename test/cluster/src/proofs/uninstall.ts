import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { added, inventory } from '../inventory.ts';
import { OPERATOR } from '../operator.ts';
import type { Proof } from '../proof.ts';
import { until } from '../shell.ts';
import { CONTROL_PLANE, DEMO, LAB } from '../world.ts';

/** What the cluster held before the install. */
export const INVENTORY_FILE = join(tmpdir(), 'tulle-cluster-inventory.json');

export const UNINSTALL: Proof = {
  name: 'uninstall',
  claim: 'after an uninstall the cluster holds what it held before',
  async run(world) {
    const { helm, kubectl, tulle, say } = world;
    await kubectl('delete', 'clusterrolebinding', OPERATOR, '--ignore-not-found');
    await kubectl('delete', 'namespace', LAB, '--ignore-not-found', '--wait=true');
    const meshed = await tulle('uninstall');
    assert.equal(meshed.code, 1, 'it refuses while pods have a proxy');
    assert.match(meshed.stderr, /pods still have a proxy/);
    await kubectl('annotate', 'namespace', DEMO, 'linkerd.io/inject-', '--overwrite');
    await helm('uninstall', DEMO, '-n', DEMO, '--wait');
    await kubectl('delete', 'namespace', DEMO, '--wait=true');
    // Both ways must know the same objects: what tulle lists is what helm takes away.
    const listed = await tulle('uninstall');
    assert.equal(listed.code, 0, listed.stderr);
    await helm('uninstall', 'tulle', '-n', CONTROL_PLANE, '--wait');
    const left = await tulle('uninstall', '--keep-crds');
    assert.match(left.stderr, /Nothing of Tulle is installed/, left.stdout);
    await helm('uninstall', 'tulle-crds', '-n', CONTROL_PLANE, '--wait');
    await kubectl('delete', 'namespace', CONTROL_PLANE, '--wait=true');
    const before = new Set(JSON.parse(readFileSync(INVENTORY_FILE, 'utf8')) as string[]);
    await until('an empty list of what was left behind', 30_000, async () => {
      const extra = added(before, await inventory(world));
      if (extra.length > 0) throw new Error(extra.join(', '));
      return true;
    });
    say(`${before.size} objects before, the same after`);
  },
};
