/** `tulle`: reads the command line, runs one command, says faults in one place. */
import { text } from 'node:stream/consumers';
import { STATUS_OF, TulleError } from '@tulle/model';
import { CommanderError } from 'commander';
import { buildProgram } from './command/build-program.ts';
import { COMMANDS } from './commands/index.ts';
import { createContexts } from './connect/make-context.ts';
import { createPrinter } from './output/printer.ts';

const stopped = new AbortController();
const print = createPrinter(process.stdout, process.stderr, process.env);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
// The reader has gone (`tulle tap … | head`): nothing is left to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const contexts = createContexts({
  print,
  env: process.env,
  signal: stopped.signal,
  readStdin: () => text(process.stdin),
  folder: process.cwd(),
});

/** Says what went wrong on standard error and gives the exit code of its kind. */
function report(reason: unknown): number {
  if (reason instanceof CommanderError) return reason.exitCode === 0 ? 0 : USAGE;
  if (stopped.signal.aborted) return 0;
  const error = TulleError.from(reason);
  print.note(error.message);
  for (const { path, message } of error.issues)
    print.note(`  ${path === '' ? '' : `${path}: `}${message}`);
  if (error.code === 'internal' && process.env['TULLE_DEBUG'] !== undefined)
    print.note(error.stack ?? '');
  return STATUS_OF[error.code].exit;
}

const USAGE = STATUS_OF.invalid_argument.exit;

async function main(): Promise<void> {
  try {
    await buildProgram(COMMANDS, contexts.make).parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  } finally {
    await contexts.closeAll();
  }
}

// The bundle is CommonJS, which knows no top-level await; nothing main does can reject.
void main();
