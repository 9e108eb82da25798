// What `npm start` does, in order: looks who else runs, packages, builds, then the runtime, whose life is ours.
// Built-ins only (Node ≥ 20).
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { endChildrenWithUs, runChild } from './children.mjs';
import { ensureInstalled, nodeBinary } from './install.mjs';
import { beginStart } from './other-starts.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const RUNTIME = join(root, 'apps/local/dist/main.cjs');

/** Ends the process with the runtime's exit code, or with 1 and a sentence when it cannot be started. */
export async function startMesh() {
  endChildrenWithUs();
  // Who reads our lines may go before us (`npm start | head`): the mesh runs on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    if (!canOnlyExplain()) await prepare();
    process.exit(await runRuntime());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

async function prepare() {
  const start = await beginStart(root, process.argv.slice(2), say);
  await ensureInstalled(root, say);
  await ensureBuilt(root, say);
  start.prepared();
}

/** `--help` is answered by what is built already, also while Tulle runs. */
function canOnlyExplain() {
  const asks = process.argv.slice(2).some((word) => word === '--help' || word === '-h');
  return asks && existsSync(RUNTIME) && existsSync(nodeBinary(root));
}

/**
 * The runtime is in a process group of its own: a terminal's Ctrl-C then reaches it once, through us, and not along with
 * everything else. It stops by itself when we are gone.
 */
function runRuntime() {
  const command = [nodeBinary(root), RUNTIME, ...process.argv.slice(2)];
  const options = {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      INIT_CWD: process.env.INIT_CWD ?? process.cwd(),
      TULLE_FOLLOW_PARENT: String(process.pid),
    },
  };
  return runChild(command, options, undefined, (signal) => {
    console.error(
      `Tulle's runtime was killed by ${signal}; everything it ran ends with it. Run npm start again.`,
    );
  });
}

function say(line) {
  console.log(line);
}
