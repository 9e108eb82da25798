// Builds what `npm start` runs, when a source has changed since the last time. Built-ins only.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { runChild } from './children.mjs';
import { nodeBinary } from './install.mjs';
import { runningBesideUs } from './other-starts.mjs';

/** Each program and the file that shows it was built. */
const PROGRAMS = {
  proxy: 'apps/proxy/dist/main.cjs',
  controller: 'apps/controller/dist/main.cjs',
  cli: 'apps/cli/dist/main.cjs',
  local: 'apps/local/dist/main.cjs',
  emojivoto: 'apps/emojivoto/dist/web.cjs',
  dashboard: 'apps/dashboard/.next/standalone/apps/dashboard/server.js',
};
const SHARED_FILES = ['package-lock.json', 'tsconfig.base.json', 'nx.json', 'scripts/bundle.mjs'];
const NOT_SOURCES = new Set([
  'node_modules',
  'dist',
  '.next',
  'storybook-static',
  'bench',
  'next-env.d.ts',
]);
const NOT_SOURCE = /\.(spec|stories)\.tsx?$|\.tsbuildinfo$|\.log$/;

/**
 * @param {string} root folder of the repository
 * @param {(line: string) => void} say progress, one line each
 * @throws {Error} with the build's output, when a program could not be built
 */
export async function ensureBuilt(root, say) {
  const stamp = join(root, 'node_modules/.cache/tulle/built');
  const fingerprint = fingerprintOf(root);
  const isComplete = Object.values(PROGRAMS).every((file) => existsSync(join(root, file)));
  if (isComplete && readOrNull(stamp) === fingerprint) return;
  const startedAtMs = Date.now();
  for (const stateDir of runningBesideUs(root)) {
    say(
      `Tulle also runs from here with its state in ${stateDir}: start that one again after this build, its pages may no longer load.`,
    );
  }
  say('Building what has changed …');
  await buildWithNx(root, say);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
  say(`Built in ${Math.round((Date.now() - startedAtMs) / 1000)} s.`);
}

/** Nx knows what of it is fresh and takes that from its cache. */
async function buildWithNx(root, say) {
  const projects = Object.keys(PROGRAMS)
    .map((name) => `@tulle/${name}`)
    .join(',');
  let output = '';
  let told = 0;
  const code = await runChild(
    [
      nodeBinary(root),
      join(root, 'node_modules/.bin/nx'),
      'run-many',
      '--target=build',
      `--projects=${projects}`,
      '--output-style=static',
      '--parallel=3',
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        NEXT_TELEMETRY_DISABLED: '1',
        FORCE_COLOR: '0',
      },
    },
    (chunk) => {
      output += chunk;
      // Nx prints each task when it is done.
      const done = [...output.matchAll(/^> nx run @tulle\/(\S+):build.*\n/gm)];
      for (const [, name] of done.slice(told)) say(`  ${name}`);
      told = done.length;
    },
  );
  if (code === 0) return;
  say(output);
  throw new Error(`A program could not be built (nx ended with ${code}; its output is above).`);
}

/** A hash over path and content of every source: the same after a fresh checkout, other than times would be. */
function fingerprintOf(root) {
  const hash = createHash('sha256');
  const add = (path) => {
    hash.update(`${relative(root, path)}\0`);
    hash.update(readOrNull(path) ?? '');
    hash.update('\0');
  };
  for (const file of SHARED_FILES) add(join(root, file));
  const folders = [
    ...Object.keys(PROGRAMS).map((name) => join(root, 'apps', name)),
    join(root, 'libs'),
  ];
  for (const folder of folders) for (const path of sourcesIn(folder)) add(path);
  return hash.digest('hex');
}

/** @returns {Generator<string>} files in a fixed order */
function* sourcesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (NOT_SOURCES.has(entry.name) || NOT_SOURCE.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourcesIn(path);
    else if (entry.isFile()) yield path;
  }
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
