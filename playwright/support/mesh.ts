import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 120_000;

/** What the runtime writes about itself while it runs; see apps/local `state/`. */
interface RunFile {
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

/** The whole system as a user starts it, in a state folder of its own. `stop` ends it and says what it left behind. */
export interface Mesh {
  readonly url: string;
  /** Where the demo application itself answers. */
  readonly demoUrl: string;
  /** Pid of a supervised process (`controller`, `dashboard`), as it is now. */
  pidOf(name: string): number;
  output(): string;
  stop(): Promise<void>;
}

/**
 * Runs `npm start` on free ports and waits until the dashboard's address answers.
 * @throws Error with everything the program printed, when it ends or does not answer in time
 */
export async function startMesh(): Promise<Mesh> {
  const stateDir = mkdtempSync(join(tmpdir(), 'tulle-e2e-'));
  const port = await freePort();
  const demoPort = await freePort();
  let printed = '';
  const child = spawn(
    'npm',
    [
      'start',
      '--',
      '--port',
      String(port),
      '--state-dir',
      stateDir,
      '--host-port',
      `web-svc=${demoPort}`,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const collect = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const url = `http://127.0.0.1:${port}`;
  await waitUntilAnswers(`${url}/api/v1/overview`, child, () => printed);
  return {
    url,
    demoUrl: `http://127.0.0.1:${demoPort}`,
    output: () => printed,
    pidOf: (name) => {
      const run = JSON.parse(readFileSync(join(stateDir, 'run/run.json'), 'utf8')) as RunFile;
      const found = run.processes.find((entry) => entry.name === name);
      if (found === undefined) throw new Error(`run.json names no process ${name}`);
      return found.pid;
    },
    stop: async () => {
      const ended = new Promise<void>((done) => child.once('exit', () => done()));
      child.kill('SIGTERM');
      await ended;
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function waitUntilAnswers(
  url: string,
  child: ChildProcess,
  printed: () => string,
): Promise<void> {
  const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < giveUpAtMs) {
    if (child.exitCode !== null)
      throw new Error(`npm start ended with ${child.exitCode}:\n${printed()}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((next) => setTimeout(next, 200));
  }
  child.kill('SIGTERM');
  throw new Error(`${url} did not answer within ${START_TIMEOUT_MS / 1000} s:\n${printed()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
