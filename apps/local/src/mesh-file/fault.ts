import { TulleError } from '@tulle/model';
import { isMap, isNode, isPair, isScalar, LineCounter, type Document, type Node } from 'yaml';

/** A file that is no mesh.yaml at all (a binary, say) is one long scalar: its beginning is enough to know it by. */
const FOUND_LENGTH = 80;

/** A place in the parsed file: keys and indexes from the root. */
export type FaultPath = readonly PropertyKey[];

/** One thing wrong with the file. */
export interface Fault {
  readonly path: FaultPath;
  /** The phrase after "expected". */
  readonly expected: string;
  /** The key itself is wrong (unknown or malformed), not its value. */
  readonly atKey?: boolean;
}

/** Says where faults are, in the words of the file. */
export class FaultReporter {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /** All faults as one error: a line for each, `file:line:column: path: expected X, found Y`, in file order. */
  error(faults: readonly Fault[]): TulleError {
    const placed = faults
      .map((fault) => ({ fault, offset: this.#offsetOf(fault) }))
      .sort((a, b) => a.offset - b.offset);
    const issues = placed.map(({ fault, offset }) => {
      const { line, col } = this.#lines.linePos(offset);
      return {
        path: pathText(fault.path),
        message: `${this.#file}:${line}:${col}: ${pathText(fault.path)}: expected ${fault.expected}, found ${this.#found(fault)}`,
      };
    });
    return fileError(this.#file, issues);
  }

  #offsetOf(fault: Fault): number {
    for (let depth = fault.path.length; depth > 0; depth -= 1) {
      const path = fault.path.slice(0, depth);
      const exact = depth === fault.path.length;
      // A missing field has no place of its own: its owner's key is the best there is.
      if (!exact || fault.atKey === true) {
        const key = this.#keyNode(path);
        if (key?.range) return key.range[0];
      }
      const node = this.#nodeAt(path);
      if (node?.range) return node.range[0];
    }
    return this.#document.contents?.range?.[0] ?? 0;
  }

  #nodeAt(path: FaultPath): Node | undefined {
    const found: unknown = this.#document.getIn(path, true);
    return isNode(found) ? found : undefined;
  }

  #keyNode(path: FaultPath): Node | undefined {
    const owner = path.length === 1 ? this.#document.contents : this.#nodeAt(path.slice(0, -1));
    if (!isMap(owner)) return undefined;
    const pair = owner.items.find(
      (item) =>
        isPair(item) && isScalar(item.key) && String(item.key.value) === String(path.at(-1)),
    );
    return isNode(pair?.key) ? pair.key : undefined;
  }

  #found(fault: Fault): string {
    if (fault.atKey === true) return shortened(JSON.stringify(String(fault.path.at(-1))));
    const node = fault.path.length === 0 ? this.#document.contents : this.#nodeAt(fault.path);
    if (!node) return 'nothing';
    const value: unknown = node.toJS(this.#document);
    if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
    if (value !== null && typeof value === 'object') {
      return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
    }
    return value === null || value === undefined ? 'nothing' : shortened(JSON.stringify(value));
  }
}

/** The refusal of a mesh.yaml. */
export function fileError(
  file: string,
  issues: readonly { path: string; message: string }[],
): TulleError {
  const count = issues.length === 1 ? 'one fault' : `${issues.length} faults`;
  return new TulleError('invalid_argument', `${file} has ${count}; nothing was started.`, {
    issues,
  });
}

function shortened(text: string): string {
  return text.length <= FOUND_LENGTH ? text : `${text.slice(0, FOUND_LENGTH)}…`;
}

function pathText(path: FaultPath): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}
