/** The programs a cluster is worked with, found where they are. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the one-node cluster for tests keeps what it built. */
const CLUSTER_HOME = process.env['TULLE_CLUSTER_HOME'] ?? join(homedir(), '.cache/tulle-cluster');

/** The program that starts the one-node cluster; not part of this repository. */
export const CLUSTER_PROGRAM =
  process.env['TULLE_CLUSTER_PROGRAM'] ?? resolve(ROOT, '../shared/cluster/cluster');

/**
 * A program of PATH, or the one-node cluster's own.
 * @throws Error with a sentence naming what is missing
 */
export function findProgram(name: 'kubectl' | 'helm'): string {
  const folders = [join(CLUSTER_HOME, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found === undefined) throw new Error(`The cluster tests need ${name}; put it on PATH.`);
  return found;
}

/** Whether the path is there and can be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
