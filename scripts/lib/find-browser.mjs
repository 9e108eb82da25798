// Finds a Chromium to run the browser tests in, or installs one by the ordinary client for this machine.
// Built-ins only. Used by scripts/test.mjs before Playwright starts.
import { spawnSync } from 'node:child_process';
import { aptInstall, canAptInstall, findProgram, isExecutable } from './programs.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC_APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** Without the second, emoji are boxes. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-noto-color-emoji'];

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
  if (canAptInstall()) aptInstall(DEBIAN_PACKAGES);
  const installed = findBrowser() ?? installByPlaywright();
  if (installed) return installed;
  throw new Error(
    'The browser tests need a Chromium and none could be found or installed. Install chromium, or set TULLE_BROWSER to its path.',
  );
}

/** @returns {string | undefined} */
function findBrowser() {
  for (const name of NAMES) {
    const path = findProgram(name);
    if (path) return path;
  }
  return MAC_APPS.find(isExecutable);
}

/** @returns {string | undefined} */
function installByPlaywright() {
  const install = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' });
  if (install.status !== 0) return undefined;
  const print = "console.log(require('playwright-core').chromium.executablePath())";
  const path = spawnSync('node', ['-e', print], { encoding: 'utf8' }).stdout.trim();
  return isExecutable(path) ? path : undefined;
}
