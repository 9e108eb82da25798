/** One line of a comparison. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Cells of the comparison table; past it the old lines are shown removed and the new ones added. */
const MAX_CELLS = 4_000_000;

/** Compares two texts line by line (longest common subsequence); removed lines come before added ones. */
export function diffLines(
  before: readonly string[],
  after: readonly string[],
): readonly DiffLine[] {
  const head = commonHead(before, after);
  const tail = commonTail(before, after, head);
  const middle = diffMiddle(
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail),
  );
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...before.slice(0, head).map(same),
    ...middle,
    ...before.slice(before.length - tail).map(same),
  ];
}

function commonHead(before: readonly string[], after: readonly string[]): number {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  return head;
}

function commonTail(before: readonly string[], after: readonly string[], head: number): number {
  const most = Math.min(before.length, after.length) - head;
  let tail = 0;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return tail;
}

function diffMiddle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const removed = before.map((text): DiffLine => ({ kind: 'removed', text }));
  const added = after.map((text): DiffLine => ({ kind: 'added', text }));
  if (before.length * after.length > MAX_CELLS || removed.length === 0 || added.length === 0) {
    return [...removed, ...added];
  }
  const lengths = commonLengths(before, after);
  const width = after.length + 1;
  const lines: DiffLine[] = [];
  let b = 0;
  let a = 0;
  while (b < before.length && a < after.length) {
    if (before[b] === after[a]) {
      lines.push({ kind: 'same', text: before[b] ?? '' });
      b += 1;
      a += 1;
    } else if ((lengths[(b + 1) * width + a] ?? 0) >= (lengths[b * width + a + 1] ?? 0)) {
      lines.push({ kind: 'removed', text: before[b] ?? '' });
      b += 1;
    } else {
      lines.push({ kind: 'added', text: after[a] ?? '' });
      a += 1;
    }
  }
  return [...lines, ...removed.slice(b), ...added.slice(a)];
}

/** Length of the longest common subsequence of each pair of ends, row by row. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let b = before.length - 1; b >= 0; b -= 1) {
    for (let a = after.length - 1; a >= 0; a -= 1) {
      const next = lengths[(b + 1) * width + a + 1] ?? 0;
      const skip = Math.max(lengths[(b + 1) * width + a] ?? 0, lengths[b * width + a + 1] ?? 0);
      lengths[b * width + a] = before[b] === after[a] ? next + 1 : skip;
    }
  }
  return lengths;
}
