import type { JsonPatch } from '@tulle/inject';
import { TulleError } from '@tulle/model';
import { parseAllDocuments, type Document } from 'yaml';
import { editDocument } from './edit-document.ts';
import { objectsOf, type ManifestObject } from './manifest-object.ts';

/** What became of one object. */
export interface ObjectReport {
  readonly kind: string;
  readonly name: string;
  readonly change: 'injected' | 'annotated' | 'uninjected' | 'skipped';
  /** Sentences about it: why it was skipped, what to mind. */
  readonly warnings: readonly string[];
}

export interface Transformation extends Pick<ObjectReport, 'change' | 'warnings'> {
  readonly patch: JsonPatch;
}

export interface TransformedManifests {
  readonly text: string;
  /** Null for a document without `kind`. */
  readonly reports: readonly (ObjectReport | null)[];
}

/**
 * Changes every object of manifests that `transform` has a patch for; documents without one come out as they went in.
 * @throws TulleError `invalid_argument` for what is not YAML, with its line.
 */
export function transformManifests(
  texts: readonly string[],
  transform: (object: ManifestObject) => Transformation,
  format: 'yaml' | 'json',
): TransformedManifests {
  const reports: (ObjectReport | null)[] = [];
  const written: string[] = [];
  for (const text of texts) {
    for (const document of documentsOf(text)) {
      const value: unknown = document.toJS();
      if (value === null) continue;
      const objects = objectsOf(value);
      if (objects.length === 0) reports.push(null);
      for (const object of objects) {
        const { patch, change, warnings } = transform(object);
        // A List's items do not move: patches of one never change where another is.
        editDocument(document, patch);
        reports.push({ kind: object.kind, name: object.name, change, warnings });
      }
      written.push(write(document, format));
    }
  }
  return { text: written.join(format === 'yaml' ? '---\n' : ''), reports };
}

function documentsOf(text: string): Document[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    throw new TulleError('invalid_argument', `The manifest is not YAML: ${error.message}`, {
      cause: error,
    });
  }
  return documents as Document[];
}

function write(document: Document, format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(document.toJS(), null, 2)}\n`;
  // The marks between documents are ours: a document does not repeat the one it was found behind.
  if (document.directives !== undefined) document.directives.docStart = null;
  // No folding: a trust anchor stays on its lines.
  return document.toString({ lineWidth: 0 });
}
