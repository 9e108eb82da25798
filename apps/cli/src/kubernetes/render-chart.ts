/** Renders the charts that belong to this command, with the helm of this machine. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { TulleError } from '@tulle/model';

export interface RenderRequest {
  readonly chart: 'tulle' | 'tulle-crds';
  readonly namespace: string;
  /** Asks the cluster what is there already (credentials are kept, then), or renders without one. */
  readonly cluster: {
    readonly kubeconfig?: string;
    readonly context?: string;
    /** As the API server says it, v1.34.4. */
    readonly version: string;
  } | null;
  /** Passed on: `--set key=value` and its like. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The oldest that the charts take; used where no cluster says its own. */
const KUBE_VERSION = '1.29.0';

/**
 * Gives the manifests.
 * @throws TulleError `unavailable` without helm, `invalid_argument` with helm's words when the chart refuses a value.
 */
export async function renderChart(request: RenderRequest): Promise<string> {
  const { cluster, chart, namespace, env } = request;
  const folder = join(chartsFolder(env), chart);
  const where =
    cluster === null
      ? ['--kube-version', KUBE_VERSION]
      : [
          '--dry-run=server',
          // helm's own idea of the version is that of its build.
          '--kube-version',
          cluster.version,
          ...(cluster.kubeconfig === undefined ? [] : ['--kubeconfig', cluster.kubeconfig]),
          ...(cluster.context === undefined ? [] : ['--kube-context', cluster.context]),
        ];
  const args = ['template', chart, folder, '--namespace', namespace, ...where, ...request.args];
  const helm = spawn(env['TULLE_HELM'] ?? 'helm', args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const started = new Promise<number | null>((done, failed) => {
    helm.once('error', (cause: NodeJS.ErrnoException) => failed(withoutHelm(cause, folder)));
    helm.once('close', done);
  });
  const [code, manifests, faults] = await Promise.all([
    started,
    text(helm.stdout),
    text(helm.stderr),
  ]);
  if (code === 0) return manifests;
  throw new TulleError('invalid_argument', faults.trim().replace(/^Error: /, ''));
}

/** Where a chart of this command is. */
export function chartsFolder(env: Readonly<Record<string, string | undefined>>): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [
    env['TULLE_CHARTS'] ?? '',
    // Beside the bundle, in the repository from the bundle, and from this source.
    join(here, 'charts'),
    resolve(here, '../../../helm'),
    resolve(here, '../../../../helm'),
  ];
  const found = candidates.find(
    (each) => each !== '' && existsSync(join(each, 'tulle/Chart.yaml')),
  );
  if (found !== undefined) return found;
  throw new TulleError(
    'unavailable',
    'The charts are not beside this command; say where the folder helm of the repository is with TULLE_CHARTS.',
  );
}

function withoutHelm(cause: NodeJS.ErrnoException, folder: string): TulleError {
  return new TulleError(
    'unavailable',
    cause.code === 'ENOENT'
      ? `The charts in ${dirname(folder)} are rendered by helm, which is not on PATH: install it (https://helm.sh), or say where it is with TULLE_HELM.`
      : `helm could not be started: ${cause.message}`,
    { cause },
  );
}
