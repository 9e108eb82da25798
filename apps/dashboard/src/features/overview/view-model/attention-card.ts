import type { AttentionItem, WorkloadRow } from '@tulle/model';
import { percent } from '@/lib/format/quantity.ts';
import type { Quantity } from '@/lib/format/quantity.ts';

/** What a card draws beside its sentence. */
export interface AttentionFigures {
  readonly spark: readonly (number | null)[];
  readonly sparkOf: 'success' | 'requests';
  /** Null where no number says more than the sentence. */
  readonly figure: Quantity | null;
}

/** Success for what fails, requests for what is outside and still seen, nothing for what has no numbers. */
export function attentionFigures(
  item: AttentionItem,
  row: WorkloadRow | undefined,
): AttentionFigures {
  if (row === undefined) return { spark: [], sparkOf: 'requests', figure: null };
  if (item.kind === 'outside' || row.golden === null) {
    const seen = row.sparkRequests.some((value) => value !== null);
    return { spark: seen ? row.sparkRequests : [], sparkOf: 'requests', figure: null };
  }
  return {
    spark: row.sparkSuccess,
    sparkOf: 'success',
    figure: percent(row.golden.successRate),
  };
}
