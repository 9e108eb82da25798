/**
 * Numbers as people read them: a figure, and its unit to be drawn lighter. "No data" and "no inbound" are not 0, so
 * they are a kind of their own.
 */
export type Quantity =
  | { readonly kind: 'value'; readonly figure: string; readonly unit: string }
  | { readonly kind: 'absent'; readonly words: string };

/** Asked, but nothing was answered in the window. */
export const NO_DATA: Quantity = { kind: 'absent', words: 'no data' };
/** No proxy stands in front of it, so nobody counts. */
export const NO_INBOUND: Quantity = { kind: 'absent', words: 'no inbound' };

/**
 * A rate from 0 to 1 as a percentage: two decimals from 99 %, one below. Never rounds up to 100: one failure in a
 * million shows 99.99, and one success in a million shows 0.1, not 0.
 */
export function percent(rate: number | null): Quantity {
  if (rate === null || !Number.isFinite(rate)) return NO_DATA;
  return value(percentFigure(rate), '%');
}

function percentFigure(rate: number): string {
  if (rate >= 1) return '100';
  if (rate <= 0) return '0';
  const decimals = rate >= 0.99 ? 2 : 1;
  const scale = 10 ** decimals;
  // The small addition undoes binary noise: 0.998 * 100 is 99.7999…
  const floored = Math.floor(rate * 100 * scale + 1e-7) / scale;
  return rate >= 0.99 ? floored.toFixed(2) : Math.max(0.1, round(rate * 100, 1)).toFixed(1);
}

/** Requests, connections or any count per second. */
export function perSecond(rate: number | null): Quantity {
  if (rate === null || !Number.isFinite(rate)) return NO_DATA;
  if (rate >= 999_500) return value(short(rate / 1e6), 'M/s');
  if (rate >= 999.5) return value(short(rate / 1000), 'k/s');
  if (rate > 0 && rate < 0.1) return value(rate.toFixed(2), '/s');
  return value(rate === 0 ? '0' : short(rate), '/s');
}

/** A duration in milliseconds, from microseconds to minutes. */
export function milliseconds(ms: number | null): Quantity {
  if (ms === null || !Number.isFinite(ms)) return NO_DATA;
  if (ms === 0) return value('0', 'ms');
  if (ms < 0.0995) return value(String(Math.max(1, Math.round(ms * 1000))), 'µs');
  if (ms < 999.5) return value(short(ms), 'ms');
  if (ms < 59_950) return value(short(ms / 1000), 's');
  return value(short(ms / 60_000), 'min');
}

/** Bytes in decimal units, as network tools count. */
export function bytes(count: number | null, suffix: '' | '/s' = ''): Quantity {
  if (count === null || !Number.isFinite(count)) return NO_DATA;
  if (count < 999.5) return value(String(Math.round(count)), `B${suffix}`);
  if (count < 999_500) return value(short(count / 1e3), `kB${suffix}`);
  if (count < 999_500_000) return value(short(count / 1e6), `MB${suffix}`);
  return value(short(count / 1e9), `GB${suffix}`);
}

/** A whole number with thousands set apart: 12,908. */
export function count(total: number): Quantity {
  return value(groupThousands(total), '');
}

/** "85.2 %", "no data": the quantity as plain text, for names, titles and sentences. */
export function plain(quantity: Quantity): string {
  if (quantity.kind === 'absent') return quantity.words;
  return quantity.unit === '' ? quantity.figure : `${quantity.figure} ${quantity.unit}`;
}

export function groupThousands(total: number): string {
  return Math.round(total)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

function value(figure: string, unit: string): Quantity {
  return { kind: 'value', figure, unit };
}

/** One decimal below 10, none from there on. */
function short(amount: number): string {
  return amount < 9.95 ? amount.toFixed(1) : Math.round(amount).toString();
}

function round(amount: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(amount * scale) / scale;
}
