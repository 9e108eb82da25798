/** Nanoseconds in each unit of Go's time.ParseDuration; exact, so that sums do not drift. */
const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
/** Go keeps durations in 63 bits of nanoseconds: about 292 years. */
const MAX_NS = 2 ** 63 - 1;

/**
 * Reads a duration as Go's time.ParseDuration does: `250ms`, `1m30s`, `1.5h`, `0`, with an optional sign.
 * @returns milliseconds, with fractions below one; null when it is not a duration.
 */
export function parseGoDuration(text: string): number | null {
  const signed = /^[+-]/.test(text);
  const body = signed ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') return null;
  let totalNs = 0;
  let at = 0;
  while (at < body.length) {
    PART.lastIndex = at;
    const part = PART.exec(body);
    if (part === null) return null;
    totalNs += Number(part[1]) * (UNIT_NS[part[2] ?? ''] ?? 0);
    at = PART.lastIndex;
  }
  if (totalNs > MAX_NS) return null;
  return (text.startsWith('-') ? -totalNs : totalNs) / 1e6;
}

/**
 * Milliseconds as Go's Duration.String prints them: `250ms`, `1.5s`, `1m30s`, `1h0m0s`, `0s`.
 * Rounded to whole nanoseconds.
 */
export function formatGoDuration(durationMs: number): string {
  const ns = Math.round(Math.abs(durationMs) * 1e6);
  const sign = durationMs < 0 ? '-' : '';
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${decimal(ns, 1e3)}µs`;
  if (ns < 1e9) return `${sign}${decimal(ns, 1e6)}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor((ns % 3600e9) / 60e9);
  const seconds = `${decimal(ns % 60e9, 1e9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** `value / unit` written exactly, without trailing zeros. `unit` is a power of ten. */
function decimal(value: number, unit: number): string {
  const digits = Math.round(Math.log10(unit));
  const fraction = String(value % unit).padStart(digits, '0');
  const trimmed = fraction.replace(/0+$/, '');
  const whole = String(Math.floor(value / unit));
  return trimmed === '' ? whole : `${whole}.${trimmed}`;
}
