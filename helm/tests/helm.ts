import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHARTS = fileURLToPath(new URL('..', import.meta.url));
/** Old enough to be allowed, and the same on every machine, so that renders do not differ. */
const KUBE_VERSION = '1.34.0';

/** The helm program: TULLE_HELM, PATH, or where the test cluster keeps its own. */
export function findHelm(): string {
  const cluster = process.env['TULLE_CLUSTER_HOME'] ?? join(homedir(), '.cache/tulle-cluster');
  const candidates = [
    process.env['TULLE_HELM'] ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'helm')),
    join(cluster, 'bin/helm'),
  ];
  const found = candidates.find(isProgram);
  if (found === undefined) {
    throw new Error(
      'The charts are tested with helm: put it on PATH, or say where with TULLE_HELM.',
    );
  }
  return found;
}

export interface HelmRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function helm(...args: readonly string[]): HelmRun {
  const run = spawnSync(findHelm(), args, { cwd: CHARTS, encoding: 'utf8' });
  if (run.error) throw run.error;
  return run;
}

/** Renders a chart in the namespace tulle, without a cluster. */
export function render(chart: string, valuesFile: string): HelmRun {
  const args = ['template', chart, chart, '--namespace', 'tulle', '--kube-version', KUBE_VERSION];
  return helm(...args, '--values', valuesFile);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path !== '';
  } catch {
    return false;
  }
}
