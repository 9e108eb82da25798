import type { TapBody } from '@tulle/model';
import { bytes, plain } from '@/lib/format/quantity.ts';

/** "4.2 kB", "120 kB, the beginning", "9 kB, not text": how much there is, and why not all of it is shown. */
export function bodyNote({ bytes: size, omitted, truncated }: TapBody): string {
  if (size === 0) return 'nothing';
  const amount = plain(bytes(size));
  switch (omitted) {
    case 'not-text':
      return `${amount}, not text`;
    case 'compressed':
      return `${amount}, compressed`;
    case 'rate':
      return `${amount}, not shown because too much came at once`;
    case null:
      return truncated ? `${amount}, the beginning` : amount;
  }
}
