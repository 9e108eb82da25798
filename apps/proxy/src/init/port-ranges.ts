export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What iptables' multiport match takes in one rule; a range counts as two. */
const MAX_PORTS_PER_RULE = 15;

/** `25,587,3000-3010` → ranges; null for a part that is none. */
export function parsePortRanges(text: string): (PortRange | null)[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
      const first = Number(match?.[1]);
      const last = Number(match?.[2] ?? match?.[1]);
      const isRange = match !== null && first >= 1 && last <= 65_535 && first <= last;
      return isRange ? { first, last } : null;
    });
}

/** Values for `--dports`, as many as it takes: `25,587,3000:3010`. */
export function multiportLists(ranges: readonly PortRange[]): string[] {
  const lists: string[] = [];
  let list: string[] = [];
  let size = 0;
  for (const { first, last } of ranges) {
    const weight = first === last ? 1 : 2;
    if (size + weight > MAX_PORTS_PER_RULE) {
      lists.push(list.join(','));
      list = [];
      size = 0;
    }
    list.push(first === last ? String(first) : `${first}:${last}`);
    size += weight;
  }
  if (list.length > 0) lists.push(list.join(','));
  return lists;
}
