// Finds programs that tests need, and installs them by the ordinary client for this machine. Built-ins only.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Foreign HTTP/2 clients and Prometheus's checker of metrics, each with the Debian package (and Homebrew formula) it comes in. */
const TEST_PROGRAMS = [
  { program: 'curl', debian: 'curl', brew: 'curl' },
  { program: 'nghttp', debian: 'nghttp2-client', brew: 'nghttp2' },
  { program: 'promtool', debian: 'prometheus', brew: 'prometheus' },
];

/**
 * @param {(line: string) => void} say progress, one line each
 * @throws {Error} with a sentence naming what is missing and what to install
 */
export function ensureTestPrograms(say) {
  const missing = TEST_PROGRAMS.filter(({ program }) => !findProgram(program));
  if (missing.length === 0) return;
  say(`Installing what the tests need: ${missing.map(({ program }) => program).join(', ')}.`);
  if (canAptInstall()) aptInstall(missing.map(({ debian }) => debian));
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

/** @param {string[]} packages names of Debian packages; what could not be installed is seen by looking for it again */
export function aptInstall(packages) {
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', ...packages], options);
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
