import type { MapLine } from './map-graph.ts';

/** What a path through a box or a line lights: everything that leads to it and everything it leads to. */
export interface LitPath {
  readonly boxes: ReadonlySet<string>;
  readonly lines: ReadonlySet<string>;
}

/** @param start a box's or a line's id */
export function litPath(lines: readonly MapLine[], start: string): LitPath {
  const line = lines.find(({ id }) => id === start);
  const boxes = new Set<string>();
  const lit = new Set<string>(line === undefined ? [] : [line.id]);
  walk(lines, line?.source ?? start, 'up', boxes, lit);
  walk(lines, line?.target ?? start, 'down', boxes, lit);
  return { boxes, lines: lit };
}

function walk(
  lines: readonly MapLine[],
  from: string,
  way: 'up' | 'down',
  boxes: Set<string>,
  lit: Set<string>,
): void {
  const next = new Map<string, MapLine[]>();
  for (const line of lines) {
    const key = way === 'down' ? line.source : line.target;
    const known = next.get(key);
    if (known === undefined) next.set(key, [line]);
    else known.push(line);
  }
  const seen = new Set([from]);
  const queue = [from];
  for (let box = queue.pop(); box !== undefined; box = queue.pop()) {
    boxes.add(box);
    for (const line of next.get(box) ?? []) {
      lit.add(line.id);
      const other = way === 'down' ? line.target : line.source;
      if (!seen.has(other)) queue.push(other);
      seen.add(other);
    }
  }
}
