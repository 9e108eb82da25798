/** Values on a chart's axis and in its crosshair's box: shorter than in a table, no decimals that say nothing. */
import { milliseconds, perSecond, percent, plain } from './quantity.ts';

/** `95 %`, `99.5 %`. */
export function axisPercent(rate: number): string {
  return withoutZeros(plain(percent(rate)));
}

/** `0`, `2.5 /s`. */
export function axisPerSecond(rate: number): string {
  return rate === 0 ? '0' : withoutZeros(plain(perSecond(rate)));
}

/** `0`, `20 ms`. */
export function axisMilliseconds(ms: number): string {
  return ms === 0 ? '0' : withoutZeros(plain(milliseconds(ms)));
}

function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?= |$)/, '$1').replace(/\.(?= |$)/, '');
}
