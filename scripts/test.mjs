// `npm test`: everything that must hold, from a bare checkout, in the order that fails fastest. Built-ins only (Node ≥ 20).
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureCluster, KUBERNETES_PROGRAMS } from './lib/cluster.mjs';
import { findUncheckedBoundaries } from './lib/check-boundaries.mjs';
import { findOrInstallBrowser } from './lib/find-browser.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureTestPrograms } from './lib/programs.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv.slice(2);
const startedAtMs = Date.now();
const failed = [];
let passed = 0;

const NX = ['npx', 'nx', 'run-many', '--output-style=static', '--parallel=2'];

/** Each stage's name and what it runs; a stage passes when it throws nothing. */
const STAGES = {
  format: () => run(['npm', 'run', '--silent', 'format:check']),
  typecheck: () => run([...NX, '-t', 'typecheck']),
  lint: () => run(['npm', 'run', '--silent', 'lint']),
  boundaries: () => {
    const unchecked = findUncheckedBoundaries(root);
    if (unchecked.length > 0) throw new Error(`The linter lets through: ${unchecked.join('; ')}.`);
  },
  unit: () => {
    ensureTestPrograms(say);
    run([...NX, '-t', 'test']);
  },
  build: () => run([...NX, '-t', 'build']),
  browser: () => {
    process.env.TULLE_BROWSER = findOrInstallBrowser(say);
    run(['npm', 'run', '--silent', 'test:browser']);
  },
  charts: () => withCluster(() => run(['npm', 'run', '--silent', 'test:charts'])),
  cluster: () =>
    withCluster(() => {
      process.env.TULLE_BROWSER = findOrInstallBrowser(say);
      run(['npm', 'run', '--silent', 'test:cluster']);
    }),
};

await ensureInstalled(root, say);
// Servers and iptables lie where only root's PATH leads.
process.env.PATH = `${resolve(root, 'node_modules/.bin')}:${process.env.PATH}:/usr/sbin:/sbin`;
process.env.NX_DAEMON = 'false';
// Nx forces colours on its tasks, which then stand in what tests compare.
process.env.FORCE_COLOR = '0';
process.env.NEXT_TELEMETRY_DISABLED = '1';

const unknown = only.filter((name) => !(name in STAGES));
if (unknown.length > 0) {
  say(`There is no stage ${unknown.join(', ')}; the stages are ${Object.keys(STAGES).join(', ')}.`);
  process.exit(64);
}
for (const [name, stage] of Object.entries(STAGES)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const stageStartedAtMs = Date.now();
  say(`── ${name}`);
  try {
    stage();
    passed += 1;
    say(`── ${name} passed in ${seconds(stageStartedAtMs)}`);
  } catch (error) {
    failed.push(name);
    say(`── ${name} FAILED in ${seconds(stageStartedAtMs)}: ${error.message}`);
  }
}
if (failed.length > 0) say(`Failed: ${failed.join(', ')}.`);
say(`Took ${seconds(startedAtMs)}.`);
say(`stages: ${passed} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);

/** Runs a command in the repository with its output shown. Throws when it does not end with 0. */
function run([command, ...args]) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(
      `${[command, ...args].join(' ')} ended with ${result.status ?? result.signal}.`,
    );
  }
}

/** On a machine without Kubernetes these stages are left out and say so; in CI that is a failure. */
function withCluster(stage) {
  const missing = ensureCluster(root, say);
  if (missing === null) {
    process.env.PATH = `${KUBERNETES_PROGRAMS}:${process.env.PATH}`;
    return stage();
  }
  if (process.env.CI !== undefined) throw new Error(missing);
  return say(`Left out: ${missing}`);
}

function say(line) {
  console.log(line);
}

function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}
