// Installs the packages when they are missing or not those of package-lock.json. Built-ins only.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './children.mjs';

const SAY_AGAIN_MS = 15_000;
/** Holds the hash of the package-lock.json that was installed. */
const STAMP = 'node_modules/.tulle-installed';
/** Marks of packages in package-lock.json that npm need not install. */
const LEFT_OUT = ['optional', 'devOptional', 'extraneous'];

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
  writeFileSync(join(root, STAMP), lockHash(root));
  say(`Installed in ${seconds()} s.`);
}

/**
 * Whether node_modules is what package-lock.json asks for: we installed it, or somebody's own npm did, which writes what
 * it installed to node_modules/.package-lock.json as its last step. Packages for other platforms may be missing.
 * @param {string} root
 */
function isInstalled(root) {
  if (!existsSync(nodeBinary(root))) return false;
  try {
    const stamp = join(root, STAMP);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(root)) return true;
    const wanted = packagesOf(join(root, 'package-lock.json'));
    const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
    return Object.entries(wanted).every(([path, wantedPackage]) => {
      const found = installed[path];
      if (!path.includes('node_modules/') || wantedPackage.link) return true;
      if (found === undefined) return LEFT_OUT.some((reason) => wantedPackage[reason]);
      return found.version === wantedPackage.version;
    });
  } catch {
    return false;
  }
}

/** @param {string} root */
function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** @param {string} path @returns {Record<string, Record<string, unknown>>} by folder */
function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** The npm that runs us, otherwise the one on PATH. */
function npmCommand() {
  const { npm_execpath: path } = process.env;
  return path?.endsWith('.js') ? [process.execPath, path] : ['npm'];
}
