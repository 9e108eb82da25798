import type { JsonPatch, PatchOperation } from '@tulle/inject';
import { isSeq, type Document } from 'yaml';

/** Applies a patch to a YAML document: comments, order and style of everything else stay as they are. */
export function editDocument(document: Document, patch: JsonPatch): void {
  for (const operation of patch) edit(document, operation);
}

function edit(document: Document, operation: PatchOperation): void {
  const tokens = operation.path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = tokens.pop() ?? '';
  const parentPath = keysOf(document, tokens);
  const parent = document.getIn(parentPath, true);
  const key = isSeq(parent) && last !== '-' ? Number(last) : last;
  if (operation.op === 'remove') {
    document.deleteIn([...parentPath, key]);
    return;
  }
  const node = document.createNode(operation.value);
  if (!isSeq(parent)) document.setIn([...parentPath, key], node);
  else if (key === '-') parent.items.push(node);
  else parent.items.splice(Number(key), 0, node);
}

/** Tokens of a pointer as keys: those that index a list are numbers. */
function keysOf(document: Document, tokens: readonly string[]): (string | number)[] {
  const keys: (string | number)[] = [];
  for (const token of tokens) {
    keys.push(isSeq(document.getIn(keys, true)) ? Number(token) : token);
  }
  return keys;
}
