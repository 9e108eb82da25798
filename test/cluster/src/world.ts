/** What a proof works with: the cluster, the programs pointed at it, and a place to say what was measured. */
import { join } from 'node:path';
import { findProgram, ROOT } from './programs.ts';
import { must, type Result, run, type RunOptions } from './shell.ts';

export interface World {
  readonly kubeconfig: string;
  /** The one-node cluster whose processes can be stopped; null on any other. */
  readonly node: { readonly runFolder: string } | null;
  /** Seconds that long-lived streams are held. */
  readonly holdSeconds: number;
  readonly kubectl: (...args: string[]) => Promise<string>;
  readonly kubectlWith: (options: RunOptions, ...args: string[]) => Promise<Result>;
  readonly get: <T>(...args: string[]) => Promise<T>;
  readonly helm: (...args: string[]) => Promise<string>;
  readonly tulle: (...args: string[]) => Promise<Result>;
  readonly tulleWith: (options: RunOptions, ...args: string[]) => Promise<Result>;
  /** A line of the report. */
  readonly say: (line: string) => void;
}

export const CONTROL_PLANE = 'tulle';
export const DEMO = 'emojivoto';
export const LAB = 'tulle-lab';

const CLI = join(ROOT, 'apps/cli/dist/main.cjs');

/** Programs with nothing of this machine's own settings but the kubeconfig. */
export function createWorld(
  kubeconfig: string,
  node: World['node'],
  say: (line: string) => void,
): World {
  const env = { KUBECONFIG: kubeconfig, TULLE_URL: '', NO_COLOR: '1' };
  const kubectl = findProgram('kubectl');
  const helm = findProgram('helm');
  const cli = { ...env, TULLE_HELM: helm };
  return {
    kubeconfig,
    node,
    say,
    holdSeconds: Number(process.env['TULLE_HOLD_SECONDS'] ?? '45'),
    kubectl: (...args) => must(kubectl, args, { env }),
    kubectlWith: (options, ...args) =>
      run(kubectl, args, { ...options, env: { ...env, ...options.env } }),
    get: async <T>(...args: string[]) =>
      JSON.parse(await must(kubectl, ['get', ...args, '-o', 'json'], { env })) as T,
    helm: (...args) => must(helm, args, { env, cwd: ROOT, timeoutMs: 240_000 }),
    tulle: (...args) => run(process.execPath, [CLI, ...args], { env: cli, cwd: '/' }),
    tulleWith: (options, ...args) =>
      run(process.execPath, [CLI, ...args], {
        cwd: '/',
        ...options,
        env: { ...cli, ...options.env },
      }),
  };
}
