/**
 * Reads Prometheus text (exposition format 0.0.4, and what of OpenMetrics looks like it: `# EOF`, exemplars). A target
 * that is scraped each second says the same series again and again, so a parser remembers each series by its text and a
 * steady scrape costs a map look-up and a number a line.
 */

/** One series of one target. The same object at every scrape while the target keeps naming it. */
export interface ParsedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Number of the last `parse` that saw it. */
  lastSeen: number;
}

export interface ParseSummary {
  readonly samples: number;
  /** Lines that were not understood and left out. */
  readonly malformed: number;
}

/** Reads the scrapes of one target. */
export interface TextParser {
  /** Calls `onSample` for every sample, in order; NaN and infinities included. Timestamps are ignored. */
  parse(text: string, onSample: (series: ParsedSeries, value: number) => void): ParseSummary;
  /** Series remembered. */
  readonly size: number;
}

/** What a line says: where its value starts and ends, and its series. */
interface Line {
  readonly series: ParsedSeries;
  readonly value: number;
}

/** Remembered series of earlier scrapes are dropped when they outnumber those of the newest by this factor. */
const FORGET_FACTOR = 2;
const FORGET_FROM = 512;
const BACKSLASH = 92;
const HASH = 35;
const QUOTE = '"';

/** A parser for one target; it holds at most about twice the series of the newest scrape. */
export function createTextParser(): TextParser {
  let remembered = new Map<string, ParsedSeries>();
  let scrape = 0;

  function readLine(text: string, start: number, end: number): Line | null {
    // The text before the last space is the series, except where a timestamp or an exemplar follows the value.
    const space = text.lastIndexOf(' ', end - 1);
    if (space > start) {
      const known = remembered.get(text.slice(start, space));
      const value = known === undefined ? null : toNumber(text.slice(space + 1, end));
      if (known !== undefined && value !== null) return { series: known, value };
    }
    return readNewLine(text.slice(start, end));
  }

  function readNewLine(line: string): Line | null {
    const seriesEnd = endOfSeries(line);
    if (seriesEnd < 0) return null;
    const [valueText = ''] = line.slice(seriesEnd).trimStart().split(/\s+/, 1);
    const value = toNumber(valueText);
    if (value === null) return null;
    const key = ownCopy(line.slice(0, seriesEnd));
    const known = remembered.get(key);
    if (known !== undefined) return { series: known, value };
    const series = readSeries(key);
    if (series === null) return null;
    remembered.set(key, series);
    return { series, value };
  }

  function forget(samples: number): void {
    if (remembered.size < FORGET_FROM || remembered.size < FORGET_FACTOR * samples) return;
    remembered = new Map([...remembered].filter(([, series]) => series.lastSeen === scrape));
  }

  return {
    parse(text, onSample): ParseSummary {
      scrape += 1;
      let samples = 0;
      let malformed = 0;
      let start = 0;
      while (start < text.length) {
        let end = text.indexOf('\n', start);
        if (end < 0) end = text.length;
        if (end > start && text.charCodeAt(start) !== HASH) {
          const line = readLine(text, start, text[end - 1] === '\r' ? end - 1 : end);
          if (line === null) {
            if (text.slice(start, end).trim() !== '') malformed += 1;
          } else {
            samples += 1;
            line.series.lastSeen = scrape;
            onSample(line.series, line.value);
          }
        }
        start = end + 1;
      }
      forget(samples);
      return { samples, malformed };
    },
    get size(): number {
      return remembered.size;
    },
  };
}

/** Index after the name and the labels; -1 when the braces or quotes do not close. */
function endOfSeries(line: string): number {
  const brace = line.indexOf('{');
  const space = line.search(/[ \t]/);
  if (brace < 0 || (space >= 0 && space < brace)) return space;
  let quoted = false;
  for (let at = brace + 1; at < line.length; at += 1) {
    const char = line[at];
    if (quoted && char === '\\') at += 1;
    else if (char === QUOTE) quoted = !quoted;
    else if (char === '}' && !quoted) return at + 1;
  }
  return -1;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;

function readSeries(text: string): ParsedSeries | null {
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return null;
  if (name.length === text.length) return { name, labels: {}, lastSeen: 0 };
  const rest = text.slice(name.length).trim();
  if (!rest.startsWith('{') || !rest.endsWith('}')) return null;
  const labels = readLabels(rest.slice(1, -1));
  return labels === null ? null : { name, labels, lastSeen: 0 };
}

function readLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    const match = LABEL.exec(text);
    if (match === null) return null;
    const [, name = '', value = ''] = match;
    // `__proto__` is a legal label name and must not become the object's prototype.
    if (name !== '__proto__') labels[name] = unescapeValue(value);
    at = LABEL.lastIndex;
  }
  return labels;
}

function unescapeValue(value: string): string {
  if (!value.includes('\\')) return value;
  let result = '';
  for (let at = 0; at < value.length; at += 1) {
    if (value.charCodeAt(at) !== BACKSLASH) {
      result += value[at];
      continue;
    }
    at += 1;
    result += value[at] === 'n' ? '\n' : (value[at] ?? '');
  }
  return result;
}

/** Null for what is not a number in Prometheus' spelling. */
function toNumber(text: string): number | null {
  const value = Number(text);
  // `Number` takes white space for 0.
  if (!Number.isNaN(value) && text.trim() !== '') return value;
  switch (text.toLowerCase()) {
    case 'nan':
      return Number.NaN;
    case '+inf':
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return null;
  }
}

/** A slice keeps the whole text it was cut from alive; what is remembered must not hold every scrape in memory. */
function ownCopy(slice: string): string {
  return Buffer.from(slice, 'utf8').toString('utf8');
}
