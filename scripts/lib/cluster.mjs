// Finds what the stages on Kubernetes need: a cluster that KUBECONFIG names, or the program that builds and starts one.
// Built-ins only (Node ≥ 20).
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProgram, isExecutable } from './programs.mjs';

const HOME = process.env.TULLE_CLUSTER_HOME ?? join(homedir(), '.cache/tulle-cluster');

/** Where that program keeps kubectl and helm. */
export const KUBERNETES_PROGRAMS = join(HOME, 'bin');

/**
 * Waits for the build that `.ci/run` began, or builds now; a build that was done before takes no time.
 * @param {string} root folder of the repository
 * @param {(line: string) => void} say progress, one line each
 * @returns {string | null} what is missing, as a sentence; null when all is there
 */
export function ensureCluster(root, say) {
  const program = process.env.TULLE_CLUSTER_PROGRAM ?? resolve(root, '../shared/cluster/cluster');
  if (isExecutable(program)) {
    const lock = findProgram('flock') ? ['flock', '/tmp/tulle-cluster-build.lock'] : [];
    const [command, ...args] = [...lock, program, 'build'];
    say('Building Kubernetes where that was not done before …');
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    return status === 0 ? null : `${program} build ended with ${status}.`;
  }
  const isNamed = (process.env.KUBECONFIG ?? '') !== '';
  if (isNamed && findProgram('kubectl') && findProgram('helm')) return null;
  return `there is no Kubernetes to test on: KUBECONFIG names none with kubectl and helm on PATH, and nothing that starts one is at ${program}.`;
}
