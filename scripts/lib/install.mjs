// Installs the packages when they are missing or not those of package-lock.json. Built-ins only.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './children.mjs';

const SAY_AGAIN_MS = 15_000;

/** @param {string} root @returns {string} the Node.js that everything of ours runs on */
export function nodeBinary(root) {
  return join(root, 'node_modules/node/bin/node');
}

/**
 * @param {string} root folder of the repository
 * @param {(line: string) => void} say progress, one line each
 * @throws {Error} with a sentence, when the packages could not be installed
 */
export async function ensureInstalled(root, say) {
  if (isInstalled(root)) return;
  const startedAtMs = Date.now();
  say('Installing packages. This is done once and takes about a minute …');
  const seconds = () => Math.round((Date.now() - startedAtMs) / 1000);
  // On a terminal npm draws its own progress; elsewhere a line now and then shows that we live.
  const timer = process.stdout.isTTY
    ? undefined
    : setInterval(() => say(`Still installing (${seconds()} s) …`), SAY_AGAIN_MS);
  const code = await runChild(
    [...npmCommand(), 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  clearInterval(timer);
  if (code !== 0) {
    throw new Error(
      `The packages could not be installed (npm ci ended with ${code}; its reasons are above). Check the connection to the npm registry and try again.`,
    );
  }
  if (!existsSync(nodeBinary(root))) {
    throw new Error(
      'The packages are installed, but not the Node.js among them: npm was told to ignore scripts. Run: npm rebuild node',
    );
  }
  say(`Installed in ${seconds()} s.`);
}

/**
 * Whether node_modules is what package-lock.json asks for: npm writes what it installed to node_modules/.package-lock.json
 * as its last step. Packages for other platforms are optional and may be missing.
 * @param {string} root
 */
function isInstalled(root) {
  if (!existsSync(nodeBinary(root))) return false;
  try {
    const wanted = packagesOf(join(root, 'package-lock.json'));
    const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
    return Object.entries(wanted).every(([path, wantedPackage]) => {
      const found = installed[path];
      if (!path.includes('node_modules/') || wantedPackage.link) return true;
      if (found === undefined) return wantedPackage.optional || wantedPackage.devOptional;
      return found.version === wantedPackage.version;
    });
  } catch {
    return false;
  }
}

/** @param {string} path @returns {Record<string, {version?: string, link?: boolean, optional?: boolean, devOptional?: boolean}>} */
function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** The npm that runs us, otherwise the one on PATH. */
function npmCommand() {
  const { npm_execpath: path } = process.env;
  return path?.endsWith('.js') ? [process.execPath, path] : ['npm'];
}
