import { EnvironmentReader } from './environment.ts';

/** Something started that can be stopped; `stop` resolves when nothing listens any more. */
export interface RunningProgram {
  stop(): Promise<void>;
}

/** How long requests under way may take after SIGTERM before the process ends anyway. */
const STOP_TIMEOUT_MS = 4000;
/** EX_USAGE of sysexits.h: the environment is wrong. */
const EXIT_USAGE = 64;

/**
 * The outermost frame of each demo program: reads the environment, starts, ends on SIGTERM or SIGINT.
 * Exit codes: 0 stopped, 64 bad environment (each fault on its own line of stderr), 1 could not start.
 */
export function runProgram<C>(
  name: string,
  readConfig: (env: EnvironmentReader) => C,
  start: (config: C) => Promise<RunningProgram>,
): void {
  const reader = new EnvironmentReader(process.env);
  const config = readConfig(reader);
  if (reader.faults.length > 0) {
    for (const fault of reader.faults) console.error(`${name}: ${fault}`);
    process.exit(EXIT_USAGE);
  }
  start(config).then(
    (program) => stopOnSignal(name, program),
    (reason: unknown) => {
      console.error(`${name} could not start: ${messageOf(reason)}`);
      process.exit(1);
    },
  );
}

/** One line on stdout. */
export function say(message: string): void {
  console.log(`${new Date().toISOString()} ${message}`);
}

/** A thrown value as a sentence. */
export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function stopOnSignal(name: string, program: RunningProgram): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_TIMEOUT_MS).unref();
    program.stop().then(
      () => process.exit(0),
      (reason: unknown) => {
        console.error(`${name} did not stop cleanly: ${messageOf(reason)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
