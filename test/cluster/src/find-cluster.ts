import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CLUSTER_PROGRAM, isProgram } from './programs.ts';
import { must } from './shell.ts';

export interface FoundCluster {
  readonly kubeconfig: string;
  /** Folder of the one-node cluster's state; null where somebody else's cluster was named. */
  readonly runFolder: string | null;
  loadImages(images: readonly string[]): Promise<void>;
  /** Stops what was started here. */
  close(): Promise<void>;
}

const BUILD_MS = 1_500_000;

/**
 * The cluster that KUBECONFIG names, otherwise the one-node cluster, brought up here and taken down again by `close`.
 * @throws Error with a sentence when there is neither
 */
export async function findCluster(say: (line: string) => void): Promise<FoundCluster> {
  const named = process.env['KUBECONFIG'] ?? '';
  if (named !== '') {
    if (!existsSync(named)) throw new Error(`KUBECONFIG names ${named}, which is not there.`);
    const runFolder =
      isProgram(CLUSTER_PROGRAM) && named.includes('tulle-cluster') ? dirname(named) : null;
    return {
      kubeconfig: named,
      runFolder,
      loadImages: (all) => load(runFolder, all),
      close: async () => {},
    };
  }
  if (!isProgram(CLUSTER_PROGRAM)) {
    throw new Error(
      `There is no cluster to test on: KUBECONFIG names none, and the program that starts one is not at ${CLUSTER_PROGRAM} (TULLE_CLUSTER_PROGRAM says where else).`,
    );
  }
  say('starting the one-node cluster (the first time it is built, which takes minutes)');
  await must(CLUSTER_PROGRAM, ['build'], { timeoutMs: BUILD_MS });
  const output = await must(CLUSTER_PROGRAM, ['up'], { timeoutMs: 300_000 });
  const kubeconfig = output.trim().split('\n').at(-1) ?? '';
  const runFolder = dirname(kubeconfig);
  return {
    kubeconfig,
    runFolder,
    loadImages: (images) => load(runFolder, images),
    close: async () => void (await must(CLUSTER_PROGRAM, ['down'])),
  };
}

/** Elsewhere images are pulled from where TULLE_IMAGE_PREFIX says. */
async function load(runFolder: string | null, images: readonly string[]): Promise<void> {
  if (runFolder === null) return;
  await must(CLUSTER_PROGRAM, ['load', ...images], { timeoutMs: 300_000 });
}
