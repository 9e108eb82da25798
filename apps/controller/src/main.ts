/** The controller as a process: flags and environment in, signals, exit codes. */
import { STATUS_OF, TulleError } from '@tulle/model';
import { createLogger, type Logger } from '@tulle/telemetry';
import manifest from '../package.json' with { type: 'json' };
import { HELP, readControllerConfig } from './config/read-controller-config.ts';
import { startController, type RunningController } from './start-controller.ts';

/** A stop that takes longer is cut: everything that matters is on disk by then. */
const STOP_TIMEOUT_MS = 2000;

function fail(reason: unknown): never {
  const error = TulleError.from(reason);
  process.stderr.write(`${error.message}\n`);
  for (const { path, message } of error.issues) process.stderr.write(`  ${path} ${message}\n`);
  if (error.code === 'internal') {
    process.stderr.write(`${reason instanceof Error ? (reason.stack ?? '') : ''}\n`);
  }
  process.exit(STATUS_OF[error.code].exit);
}

function stopOnSignal(controller: RunningController, log: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), STOP_TIMEOUT_MS).unref();
    controller.close().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function main(): Promise<void> {
  const command = readControllerConfig(process.argv.slice(2), process.env);
  if (command.kind === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const { config } = command;
  const log = createLogger({ name: 'controller', ...config.log });
  const controller = await startController({
    config,
    log,
    version: manifest.version,
    now: Date.now,
  });
  stopOnSignal(controller, log);
  log.info({ ports: controller.ports }, 'the controller is up');
}

main().catch(fail);
