/** Ports whose protocol nobody should look into, where no annotation says otherwise. Source: linkerd2 values.yaml. */
const DEFAULT_OPAQUE_PORTS = '25,587,3306,4444,5432,6379,9300,11211';

/** Ports by number and by name. */
export interface PortList {
  has(port: number, name?: string): boolean;
}

const parsed = new Map<string, PortList>();
/** Different values in one cluster are few; a limit keeps a hostile one from growing the map. */
const MAX_REMEMBERED = 1000;

/**
 * Reads `25,3306-3308,mysql`, as `config.linkerd.io/opaque-ports` and `skip-inbound-ports` have it. What is no port and
 * no range is taken as a container port's name.
 */
export function parsePorts(text: string): PortList {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const ranges: (readonly [number, number])[] = [];
  const names = new Set<string>();
  for (const part of text.split(',').map((each) => each.trim())) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    if (first !== undefined) ranges.push([Number(first), Number(last)]);
    else if (part !== '') names.add(part);
  }
  const list: PortList = {
    has: (port, name = '') =>
      ranges.some(([first, last]) => port >= first && port <= last) || names.has(name),
  };
  if (parsed.size >= MAX_REMEMBERED) parsed.clear();
  parsed.set(text, list);
  return list;
}

/** The first annotation that is set wins: an object's own, its namespace's, the default. */
export function opaquePorts(...annotations: readonly (string | null | undefined)[]): PortList {
  return parsePorts(annotations.find((each) => each != null) ?? DEFAULT_OPAQUE_PORTS);
}
