const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

/** `100ms`, `10s`, `5m`, `24h`, `1d` in milliseconds; only 0 may stand without a unit. Null: it is none. */
export function parseDurationMs(text: string): number | null {
  const match = /^\s*(\d{1,15})(ms|s|m|h|d)?\s*$/.exec(text);
  const count = Number(match?.[1]);
  if (match === null || (match[2] === undefined && count !== 0)) return null;
  return count * (UNIT_MS[match[2] ?? 'ms'] ?? 1);
}
