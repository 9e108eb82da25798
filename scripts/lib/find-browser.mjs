// Finds a Chromium to run the browser tests in, or installs one by the ordinary client for this machine.
// Built-ins only. Used by scripts/test.mjs before Playwright starts.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC_APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * @param {(line: string) => void} say progress, one line each
 * @returns {string} path of an executable Chromium
 * @throws {Error} with a sentence that says what was tried and what to do
 */
export function findOrInstallBrowser(say) {
  const named = process.env.TULLE_BROWSER;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`TULLE_BROWSER names ${named}, which is not an executable file.`);
  }
  const found = findBrowser();
  if (found) return found;
  say('No Chromium found; installing one.');
  if (process.platform === 'linux' && process.getuid?.() === 0 && onPath('apt-get')) {
    const quiet = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', ['install', '-y', '-qq', 'chromium', 'fonts-noto-color-emoji'], quiet);
    const installed = findBrowser();
    if (installed) return installed;
  }
  const playwright = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' });
  if (playwright.status === 0) {
    const path = spawnSync(
      'node',
      ['-e', "console.log(require('playwright-core').chromium.executablePath())"],
      { encoding: 'utf8' },
    ).stdout.trim();
    if (isExecutable(path)) return path;
  }
  throw new Error(
    'The browser tests need a Chromium and none could be found or installed. Install chromium, or set TULLE_BROWSER to its path.',
  );
}

/** @returns {string | undefined} */
function findBrowser() {
  for (const name of NAMES) {
    const path = onPath(name);
    if (path) return path;
  }
  return MAC_APPS.find(isExecutable);
}

/** @param {string} name @returns {string | undefined} */
function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && isExecutable(path)) return path;
  }
  return undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return path !== '';
  } catch {
    return false;
  }
}
