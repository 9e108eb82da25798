import { TulleError } from '@tulle/model';
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { core } from 'zod';
import { type Fault, FaultReporter, fileError } from './fault.ts';
import type { MeshSpec } from './mesh-spec.ts';
import { resolveMesh } from './resolve-mesh.ts';
import { MESH_FILE } from './schema.ts';

/** Nodes that aliases may stand for, all in all. */
const MOST_ALIASES = 100;

/**
 * Reads and checks a mesh.yaml.
 * @throws TulleError `not_found` when there is no such file; `invalid_argument` with an issue for each fault, each with
 *   line, column, what was expected and what was found
 */
export function readMeshFile(path: string): MeshSpec {
  const shown = relative(process.cwd(), path) || path;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TulleError('not_found', `${shown} ${whyUnreadable(cause)}`, { cause });
  }
  return parseMeshFile(text, { shown, folder: dirname(path) });
}

/** As {@link readMeshFile}, from text. `shown` is the file's name in messages, `folder` what its paths are relative to. */
export function parseMeshFile(text: string, file: { shown: string; folder: string }): MeshSpec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw fileError(
      file.shown,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { path: '', message: `${file.shown}:${line}:${col}: ${error.message}` };
      }),
    );
  }
  const reporter = new FaultReporter(file.shown, document, lines);
  const parsed = MESH_FILE.safeParse(toValue(document, file.shown));
  if (!parsed.success) throw reporter.error(parsed.error.issues.flatMap(faultsOf));
  const { spec, faults } = resolveMesh(parsed.data, file.folder);
  if (faults.length > 0) throw reporter.error(faults);
  return spec;
}

function whyUnreadable(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'does not exist. Say which file to run with --file.';
    case 'EISDIR':
      return 'is a folder. Say which file in it to run with --file.';
    default:
      return `cannot be read: ${message}`;
  }
}

/** An alias that repeats another, and that one another, is how 300 bytes fill a machine's memory: refused. */
function toValue(document: Document, shown: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    const message = `${shown}: its aliases (*name) cannot be followed: ${(error as Error).message}`;
    throw fileError(shown, [{ path: '', message }]);
  }
}

function faultsOf(issue: core.$ZodIssue): Fault[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        expected: 'a key that is known here',
        atKey: true,
      }));
    case 'invalid_key':
      return [{ path: issue.path, expected: issue.issues[0]?.message ?? 'a name', atKey: true }];
    case 'invalid_union':
      return faultsOfUnion(issue);
    default:
      return [{ path: issue.path, expected: issue.message }];
  }
}

/** A union's own sentence, unless one of its forms was meant and only a detail of it is wrong. */
function faultsOfUnion(issue: core.$ZodIssueInvalidUnion): Fault[] {
  const meant = issue.errors.find((issues) => issues.every((inner) => inner.path.length > 0));
  if (meant === undefined) return [{ path: issue.path, expected: issue.message }];
  return meant.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }));
}
