// `npm run images`: the images of all programs, built by buildah from the bundles of Nx. Built-ins only.
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { findProgram } from './lib/programs.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The images, and for those only tests use the Dockerfile and the base that they are made of. */
const IMAGES = ['controller', 'proxy', 'dashboard', 'cli', 'emojivoto'];
const TEST_IMAGES = ['prometheus', 'postgresql'];
const TEST_DOCKERFILE = 'test/cluster/images/Dockerfile';

const USAGE = `Builds Tulle's images with buildah and prints their sizes.

  npm run images -- [IMAGE …] [--prefix localhost/tulle-] [--tag test] [--base localhost/node:26]

  IMAGE …    of ${IMAGES.join(', ')} (these five when none is named), and for tests ${TEST_IMAGES.join(', ')}
  --prefix   goes before each name: a registry and what stands before the name there
  --tag      of every image
  --base     a Debian image with Node 26 at /usr/local/bin/node
  --debian   a Debian image, for the images of the tests
  --isolation  how buildah runs commands while it builds (chroot, oci, rootless)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prefix: { type: 'string', default: 'localhost/tulle-' },
    tag: { type: 'string', default: 'test' },
    base: { type: 'string', default: 'localhost/node:26' },
    debian: { type: 'string', default: 'localhost/debian:bookworm' },
    isolation: { type: 'string', default: 'chroot' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const wanted = positionals.length > 0 ? positionals : IMAGES;
const unknown = wanted.filter((name) => !IMAGES.includes(name) && !TEST_IMAGES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no image ${unknown.join(', ')}.\n\n${USAGE}`);
  process.exit(64);
}
if (!findProgram('buildah')) {
  console.error('Images are built with buildah; install it (Debian package buildah).');
  process.exit(69);
}
if (wanted.some((name) => IMAGES.includes(name))) {
  await ensureInstalled(root, console.log);
  await ensureBuilt(root, console.log);
}
for (const name of wanted) build(name);
printSizes();

/** Steps that did not change are taken from buildah's own store. */
function build(name) {
  const startedAtMs = Date.now();
  const isTestImage = TEST_IMAGES.includes(name);
  const file = isTestImage ? TEST_DOCKERFILE : 'Dockerfile';
  const context = isTestImage ? dirname(TEST_DOCKERFILE) : '.';
  const base = isTestImage ? `DEBIAN=${values.debian}` : `BASE=${values.base}`;
  const command = ['build', '--quiet', '--layers', '--isolation', values.isolation];
  if (isTestImage) command.push('--build-arg', `RUNTIME=${imageOf('controller')}`);
  command.push('--build-arg', base, '--target', name, '--file', file, '--tag', imageOf(name));
  const result = spawnSync('buildah', [...command, context], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.status !== 0) {
    console.error(result.stdout, result.stderr);
    console.error(
      `${imageOf(name)} could not be built (buildah ended with ${result.status ?? result.signal}).`,
    );
    process.exit(1);
  }
  console.log(`Built ${imageOf(name)} in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s.`);
}

function printSizes() {
  const { stdout } = spawnSync('buildah', ['images', '--json'], { cwd: root, encoding: 'utf8' });
  const sizes = new Map();
  for (const { names, size } of JSON.parse(stdout))
    for (const name of names ?? []) sizes.set(name, size);
  for (const name of wanted) console.log(`${imageOf(name).padEnd(44)} ${sizes.get(imageOf(name))}`);
}

function imageOf(name) {
  return `${values.prefix}${name}:${values.tag}`;
}
