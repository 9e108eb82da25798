import { join } from 'node:path';
import type { FoundCluster } from './find-cluster.ts';
import { CLUSTER_PROGRAM, ROOT } from './programs.ts';
import { must } from './shell.ts';

const OURS = ['controller', 'proxy', 'dashboard', 'cli', 'emojivoto'];
const TEST_ONLY = ['prometheus', 'postgresql'];

/** What goes before the images' names, and their tag. */
export const IMAGES = {
  prefix: process.env['TULLE_IMAGE_PREFIX'] ?? 'localhost/tulle-',
  tag: process.env['TULLE_IMAGE_TAG'] ?? 'test',
} as const;

/** Builds the images and brings them into the node; with TULLE_IMAGE_PREFIX they are taken as they are. */
export async function prepareImages(
  cluster: FoundCluster,
  say: (line: string) => void,
): Promise<void> {
  if (process.env['TULLE_IMAGE_PREFIX'] !== undefined) return;
  if (process.env['TULLE_SKIP_IMAGES'] === '1') return;
  const startedAtMs = Date.now();
  await must(CLUSTER_PROGRAM, ['base'], { timeoutMs: 600_000 });
  const names = [...OURS, ...TEST_ONLY];
  const script = join(ROOT, 'scripts/images.mjs');
  const output = await must(process.execPath, [script, '--tag', IMAGES.tag, ...names], {
    cwd: ROOT,
    timeoutMs: 900_000,
  });
  const sizes = output.split('\n').filter((line) => /\d [MG]B$/.test(line));
  for (const line of sizes) say(line);
  await cluster.loadImages(names.map((name) => `${IMAGES.prefix}${name}:${IMAGES.tag}`));
  say(`images built and loaded in ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s`);
}
