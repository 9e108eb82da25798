// What `npm start` does, in order: packages, builds, then the runtime, whose life is ours. Built-ins only (Node ≥ 20).
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { endChildrenWithUs, runChild } from './children.mjs';
import { ensureInstalled, nodeBinary } from './install.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Ends the process with the runtime's exit code, or with 1 and a sentence when it cannot be started. */
export async function startMesh() {
  endChildrenWithUs();
  try {
    await ensureInstalled(root, say);
    await ensureBuilt(root, say);
    process.exit(await runRuntime());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

/**
 * The runtime is in a process group of its own: a terminal's Ctrl-C then reaches it once, through us, and not along with
 * everything else. It stops by itself when we are gone.
 */
function runRuntime() {
  const command = [
    nodeBinary(root),
    join(root, 'apps/local/dist/main.cjs'),
    ...process.argv.slice(2),
  ];
  return runChild(command, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      INIT_CWD: process.env.INIT_CWD ?? process.cwd(),
      TULLE_FOLLOW_PARENT: '1',
    },
  });
}

function say(line) {
  console.log(line);
}
