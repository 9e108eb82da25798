import { STATUS_OF, TulleError } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMeshFile } from './mesh-file/read-mesh-file.ts';
import { HELP, type Options, parseOptions } from './options/options.ts';
import { chooseHostPorts, requireFreePorts } from './runtime/host-ports.ts';
import type { ProcessListener } from './runtime/process-manager.ts';
import { describeFailure, RunningMesh } from './runtime/running-mesh.ts';
import { followParent, onStopSignal } from './signals.ts';
import { RunRecord } from './state/run-file.ts';
import { openStateFolder } from './state/state-folder.ts';
import { ProcessLog } from './supervise/process-log.ts';
import { Terminal } from './terminal.ts';

/** Both `src` and `dist` lie at apps/local, so the root is as far from the bundle as from the source. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const READY_TIMEOUT_MS = 60_000;
/** Of a program's last line on the terminal; its log has all of it. */
const LINE_LENGTH = 200;

const terminal = new Terminal(process.stdout, process.env);
// Who reads our lines may go before us (`npm start | head`) and a disk they go to may fill up: the mesh runs on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().catch((reason: unknown) => {
  const error = fileFault(reason) ?? TulleError.from(reason);
  process.stderr.write(`${describeFailure(error)}\n`);
  if (error.code === 'internal' && error.stack) process.stderr.write(`${error.stack}\n`);
  process.exit(STATUS_OF[error.code].exit);
});

/** What the file system refuses (no permission, a full disk, a folder where a file belongs) is a person's to mend. */
function fileFault(reason: unknown): TulleError | null {
  if (!(reason instanceof Error)) return null;
  const { code, path, syscall } = reason as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  if (path === undefined && code !== 'ENOSPC') return null;
  return new TulleError(
    'unavailable',
    `${reason.message}. Tulle keeps its state there: mend it, or choose another folder with --state-dir.`,
    { cause: reason },
  );
}

async function main(): Promise<void> {
  const workingFolder = process.env['INIT_CWD'] ?? process.cwd();
  const options = parseOptions(process.argv.slice(2), ROOT, workingFolder);
  if (options.kind === 'help') {
    process.stdout.write(HELP);
    return;
  }
  // `node` in a mesh.yaml is the Node.js we run on, whatever the machine has.
  process.env['PATH'] = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  await run(options);
}

async function run(options: Options): Promise<void> {
  const startedAtMs = Date.now();
  const spec = readMeshFile(options.file);
  const hostPorts = chooseHostPorts(spec, options.hostPorts);
  const folder = openStateFolder(options.stateDir);
  const url = `http://localhost:${options.port}`;
  const { record, swept } = RunRecord.begin(folder, { url, startedAtMs });
  if (swept.length > 0)
    terminal.warn(`Ended what an earlier run left behind: ${swept.join(', ')}.`);
  process.once('exit', () => record.end());
  await requireFreePorts(options.port, hostPorts);

  const mesh = await RunningMesh.start({
    root: ROOT,
    version: readVersion(),
    options,
    spec,
    hostPorts,
    folder,
    listener: listener(record, join(folder.log, 'runtime.log')),
  });
  const stop = async (why: string): Promise<void> => {
    terminal.say(`\n${why} Stopping everything …`);
    await mesh.stop();
    terminal.say('Stopped.');
    process.exit(0);
  };
  onStopSignal(stop);
  followParent(process.env['TULLE_FOLLOW_PARENT'], stop);
  if (!mesh.hasDashboard) {
    terminal.warn('The dashboard was not built: only its API answers. Build it: npm run build');
  }
  const late = await mesh.untilReady(READY_TIMEOUT_MS);
  if (late.length > 0) {
    terminal.warn(`Not everything is ready yet; logs are in ${folder.log}`);
    for (const reason of late) terminal.warn(reason);
  }
  terminal.ready({
    url,
    hostPorts,
    outsiders: mesh.runtime
      .state()
      .workloads.filter(({ inject }) => inject === 'disabled')
      .map(({ ref }) => ref.name),
    seconds: (Date.now() - startedAtMs) / 1000,
  });
}

/** Keeps the run file, writes the runtime's log and tells the person what dies unasked. */
function listener(record: RunRecord, logPath: string): ProcessListener {
  const file = new ProcessLog(logPath);
  const log = createLogger({
    name: 'runtime',
    level: 'info',
    format: 'plain',
    write: (line) => file.write(Buffer.from(line)),
  });
  return {
    started: (name, pid) => {
      record.started(name, pid);
      log.info({ process: name, pid }, 'started');
    },
    ended: (name, how, restartInMs, lastLine) => {
      record.ended(name);
      log.info({ process: name, how, restartInMs, lastLine }, 'ended');
      if (restartInMs === null) return;
      terminal.warn(`${name} ${how}; it starts again in ${(restartInMs / 1000).toFixed(1)} s.`);
      if (lastLine !== '') terminal.say(`    its last line: ${lastLine.slice(0, LINE_LENGTH)}`);
    },
  };
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
