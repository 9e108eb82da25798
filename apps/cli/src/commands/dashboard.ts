import { spawn } from 'node:child_process';
import { TulleError } from '@tulle/model';
import { type CommandSpec, textOf } from '../command/command-spec.ts';
import { findDashboardPod } from '../kubernetes/find-dashboard-pod.ts';

const DEFAULT_PORT = '50750';

/** `tulle dashboard`: a port-forward to the dashboard of a cluster, and a browser on it. */
export const DASHBOARD: CommandSpec = {
  name: 'dashboard',
  groups: ['', 'viz'],
  summary: 'open the dashboard of a cluster, through a port-forward',
  args: [],
  options: [
    {
      flags: '-p, --port <number>',
      about: 'of this machine; 0 takes a free one',
      default: DEFAULT_PORT,
    },
    { flags: '--address <address>', about: 'of this machine to listen at', default: '127.0.0.1' },
    {
      flags: '--show <what>',
      about: 'open a browser, or only print the address',
      choices: ['browser', 'url'],
      default: 'browser',
    },
  ],
  talksTo: 'cluster',
  examples: ['dashboard', 'dashboard --port 0 --show url'],
  async run(context, _args, options) {
    const port = readPort(textOf(options, 'port') ?? DEFAULT_PORT);
    const address = textOf(options, 'address') ?? '127.0.0.1';
    const cluster = await context.cluster();
    const target = await findDashboardPod(cluster, context.controlPlaneNamespace);
    const forwarding = await cluster.forward(target, port, address);
    try {
      const url = `http://${address === '127.0.0.1' ? 'localhost' : address}:${forwarding.port}`;
      context.print.line(`The dashboard is at ${url} until this command ends (Ctrl-C).`);
      if (textOf(options, 'show') === 'browser' && context.print.toTerminal) openBrowser(url);
      await untilAborted(context.signal);
    } finally {
      await forwarding.close();
    }
  },
};

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TulleError(
    'invalid_argument',
    `--port is "${text}"; it takes a number from 0 to 65535`,
  );
}

/** Where there is no browser the address on the screen is enough. */
function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
