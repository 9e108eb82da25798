// Finds programs that tests need, and installs them by the ordinary client for this machine. Built-ins only.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Foreign clients, servers and judges, each with the Debian package (and Homebrew formula) it comes in. */
const TEST_PROGRAMS = [
  { program: 'curl', debian: 'curl', brew: 'curl' },
  { program: 'nghttp', debian: 'nghttp2-client', brew: 'nghttp2' },
  { program: 'nginx', debian: 'nginx-light', brew: 'nginx' },
  { program: 'python3', debian: 'python3', brew: 'python' },
  { program: 'promtool', debian: 'prometheus', brew: 'prometheus' },
];

/** What a network namespace with a redirect is made with; there is none elsewhere. */
const LINUX_PROGRAMS = [
  { program: 'ip', debian: 'iproute2', brew: '' },
  { program: 'iptables', debian: 'iptables', brew: '' },
];

/**
 * @param {(line: string) => void} say progress, one line each
 * @throws {Error} with a sentence naming what is missing and what to install
 */
export function ensureTestPrograms(say) {
  const programs =
    process.platform === 'linux' ? [...TEST_PROGRAMS, ...LINUX_PROGRAMS] : TEST_PROGRAMS;
  const missing = programs.filter(({ program }) => !findProgram(program));
  if (missing.length === 0) return;
  say(`Installing what the tests need: ${missing.map(({ program }) => program).join(', ')}.`);
  // What prometheus recommends would bring exporters that start by themselves.
  if (canAptInstall())
    aptInstall(
      missing.map(({ debian }) => debian),
      ['--no-install-recommends'],
    );
  else if (findProgram('brew'))
    spawnSync('brew', ['install', ...missing.map(({ brew }) => brew)], { stdio: 'inherit' });
  const still = missing.filter(({ program }) => !findProgram(program));
  if (still.length === 0) return;
  throw new Error(
    `The tests need ${still.map(({ program, debian }) => `${program} (Debian package ${debian})`).join(' and ')}; install them and run again.`,
  );
}

/** Whether Debian packages can be installed without asking for a password. */
export function canAptInstall() {
  return (
    process.platform === 'linux' && process.getuid?.() === 0 && findProgram('apt-get') !== undefined
  );
}

/**
 * @param {string[]} packages names of Debian packages; what could not be installed is seen by looking for it again
 * @param {string[]} [flags] of `apt-get install`
 */
export function aptInstall(packages, flags = []) {
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', ...flags, ...packages], options);
}

/** @param {string} name @returns {string | undefined} its path */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && isExecutable(path)) return path;
  }
  return undefined;
}

/** @param {string} path */
export function isExecutable(path) {
  if (path === '') return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
