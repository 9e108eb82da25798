/** What runs before the proxy in a pod: redirects the pod's connections, checks that a CNI plugin did, waits for the proxy. */
import { STATUS_OF, TulleError } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { awaitReady } from './await-ready.ts';
import { INIT_HELP, readInitCommand } from './read-init-command.ts';
import { redirect } from './redirect.ts';
import { NotRedirectedError, validateNetwork } from './validate-network.ts';

/** What linkerd-cni's repair controller looks for to have a pod made anew. */
const NOT_REDIRECTED_EXIT = 95;

function fail(reason: unknown): never {
  const error = TulleError.from(reason);
  process.stderr.write(`${error.message}\n`);
  for (const { path, message } of error.issues) process.stderr.write(`  ${path} ${message}\n`);
  process.exit(
    reason instanceof NotRedirectedError ? NOT_REDIRECTED_EXIT : STATUS_OF[error.code].exit,
  );
}

async function main(): Promise<void> {
  const command = readInitCommand(process.argv.slice(2));
  if (command.kind === 'help') {
    process.stdout.write(INIT_HELP);
    return;
  }
  const log = createLogger({ name: 'init', ...command.log });
  switch (command.kind) {
    case 'redirect':
      await redirect(command, log, (line) => process.stdout.write(`${line}\n`));
      break;
    case 'validate':
      await validateNetwork(command, log);
      break;
    case 'await':
      await awaitReady(command);
      break;
  }
}

main().catch(fail);
