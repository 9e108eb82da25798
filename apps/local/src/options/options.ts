import { type Issue, TulleError } from '@tulle/model';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  readonly kind: 'run';
  /** Absolute path of the mesh file. */
  readonly file: string;
  /** Of the dashboard. */
  readonly port: number;
  /** Absolute. */
  readonly stateDir: string;
  /** Ports of this machine by service name, instead of those in the file. */
  readonly hostPorts: ReadonlyMap<string, number>;
  readonly logLevel: string;
}

export type ParsedArguments = Options | { readonly kind: 'help' };

export const DEFAULT_PORT = 8084;
const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'];

/** What `--help` prints. */
export const HELP = `Runs the services of a mesh.yaml on this machine, with a proxy beside each, and shows them in a browser.

  npm start                                  the demo
  npm start -- --file path/to/mesh.yaml      your services

  --file PATH               what to run; default: mesh.yaml of Tulle
  --port PORT               the dashboard's; default: ${DEFAULT_PORT}
  --host-port SERVICE=PORT  opens a service on another port than its file says; may be repeated
  --state-dir PATH          where identities, metrics and logs are kept; default: .tulle beside mesh.yaml of Tulle
  --log-level LEVEL         of the controller: ${LOG_LEVELS.join(', ')}; default: info
  --help                    this text
`;

/**
 * Reads the command line.
 * @param folder where the defaults lie (root of the repository)
 * @param workingFolder what relative paths are relative to: where the person typed the command
 * @throws TulleError `invalid_argument` with every fault
 */
export function parseOptions(
  args: readonly string[],
  folder: string,
  workingFolder: string,
): ParsedArguments {
  const { values, faults } = readFlags(args);
  if (values.help === true) return { kind: 'help' };
  const port = values.port === undefined ? DEFAULT_PORT : readPort(values.port, '--port', faults);
  const logLevel = values['log-level'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    faults.push({
      path: '--log-level',
      message: `--log-level must be one of ${LOG_LEVELS.join(', ')}, not "${logLevel}"`,
    });
  }
  const hostPorts = new Map<string, number>();
  for (const text of values['host-port'] ?? []) {
    const [service = '', portText = ''] = text.split('=');
    if (service === '' || portText === '') {
      faults.push({ path: '--host-port', message: `--host-port is SERVICE=PORT, not "${text}"` });
      continue;
    }
    hostPorts.set(service, readPort(portText, `--host-port ${service}`, faults));
  }
  if (faults.length > 0) {
    throw new TulleError('invalid_argument', 'The command line has faults; nothing was started.', {
      issues: faults,
    });
  }
  return {
    kind: 'run',
    file:
      values.file === undefined
        ? resolve(folder, 'mesh.yaml')
        : resolve(workingFolder, values.file),
    port,
    stateDir:
      values['state-dir'] === undefined
        ? resolve(folder, '.tulle')
        : resolve(workingFolder, values['state-dir']),
    hostPorts,
    logLevel,
  };
}

interface Flags {
  help?: boolean;
  file?: string;
  port?: string;
  'state-dir'?: string;
  'log-level'?: string;
  'host-port'?: string[];
}

function readFlags(args: readonly string[]): { values: Flags; faults: Issue[] } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        file: { type: 'string', short: 'f' },
        port: { type: 'string', short: 'p' },
        'state-dir': { type: 'string' },
        'log-level': { type: 'string' },
        'host-port': { type: 'string', multiple: true },
      },
    });
    return { values, faults: [] };
  } catch (error) {
    return { values: {}, faults: [{ path: 'arguments', message: (error as Error).message }] };
  }
}

function readPort(text: string, name: string, faults: Issue[]): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  faults.push({ path: name, message: `${name} must be a port from 1 to 65535, not "${text}"` });
  return 0;
}
