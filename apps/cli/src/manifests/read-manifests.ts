import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { TulleError } from '@tulle/model';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

/** Whether an argument means manifests rather than a workload's name: `-`, a path that says so, or one that exists. */
export async function isManifestPath(argument: string): Promise<boolean> {
  if (argument === '-' || EXTENSIONS.has(extname(argument))) return true;
  return stat(argument).then(
    () => true,
    () => false,
  );
}

/**
 * The text of each manifest: a file's, every manifest's of a folder and what is in it, or standard input's.
 * @throws TulleError `not_found` for a path that cannot be read, or a folder without manifests.
 */
export async function readManifests(
  path: string,
  readStdin: () => Promise<string>,
): Promise<string[]> {
  if (path === '-') return [await readStdin()];
  try {
    if (!(await stat(path)).isDirectory()) return [await readFile(path, 'utf8')];
    const names = (await readdir(path, { recursive: true })).sort();
    const files = names.filter((name) => EXTENSIONS.has(extname(name)));
    if (files.length === 0) {
      throw new TulleError('not_found', `${path} holds no manifest (.yaml, .yml or .json).`);
    }
    return await Promise.all(files.map((name) => readFile(join(path, name), 'utf8')));
  } catch (cause) {
    if (cause instanceof TulleError) throw cause;
    throw new TulleError('not_found', `${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
