import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TulleError } from '@tulle/model';

/** What `npm start` writes: where the dashboard answers, and the runtime's process. */
interface RunFile {
  readonly url: string;
  readonly pid: number;
}

const DEFAULT_URL = 'http://127.0.0.1:8084';
const RUN_FILE = join('.tulle', 'run', 'run.json');

/** Where to look for the dashboard. */
export interface DashboardSearch {
  readonly url: string | undefined;
  readonly isClusterNamed: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** An address without a slash at its end, or a cluster in which the dashboard is to be looked for. */
export type DashboardPlace =
  { readonly kind: 'address'; readonly url: string } | { readonly kind: 'cluster' };

/**
 * What `--url` says, else the cluster that was named, else TULLE_URL, else the run file of this folder or one above it,
 * else the cluster of kubectl's settings where there are any, else http://127.0.0.1:8084.
 * @throws TulleError `invalid_argument` when what was said is no address.
 */
export function findDashboard(search: DashboardSearch): DashboardPlace {
  const { url, env } = search;
  if (url !== undefined) return at(checkedUrl(url, '--url'));
  if (search.isClusterNamed) return { kind: 'cluster' };
  const fromEnv = env['TULLE_URL'];
  if (fromEnv !== undefined && fromEnv !== '') return at(checkedUrl(fromEnv, 'TULLE_URL'));
  const run = readRunFile(search.folder);
  if (run !== null) return at(run.url);
  return hasKubeconfig(env) ? { kind: 'cluster' } : at(DEFAULT_URL);
}

function at(url: string): DashboardPlace {
  return { kind: 'address', url };
}

function hasKubeconfig(env: DashboardSearch['env']): boolean {
  const { KUBECONFIG: named = '', HOME: home = '' } = env;
  return named !== '' || (home !== '' && existsSync(join(home, '.kube', 'config')));
}

function checkedUrl(text: string, from: string): string {
  const url = URL.parse(/^\w+:\/\//.test(text) ? text : `http://${text}`);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return (url.origin + url.pathname).replace(/\/+$/, '');
  }
  throw new TulleError(
    'invalid_argument',
    `${from} is "${text}", which is no address; write it as http://127.0.0.1:8084`,
  );
}

function readRunFile(folder: string): RunFile | null {
  for (let at = folder; ; at = dirname(at)) {
    const found = parseRunFile(join(at, RUN_FILE));
    if (found !== null) return found;
    if (dirname(at) === at) return null;
  }
}

/** Null when it is not there or being written just now. */
function parseRunFile(path: string): RunFile | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const { url, pid } = value as Partial<RunFile>;
    return typeof url === 'string' && URL.canParse(url)
      ? { url: url.replace(/\/+$/, ''), pid: Number(pid) }
      : null;
  } catch {
    return null;
  }
}
