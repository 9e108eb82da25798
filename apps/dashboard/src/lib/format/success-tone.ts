import { healthOf } from '@tulle/model';
import type { GoldenMetrics, Health } from '@tulle/model';

/** The colour of a success rate in a table where most rows are well: only trouble stands out. */
export function successTone(golden: GoldenMetrics | null): Health | 'plain' {
  const health = healthOf(1, golden);
  return health === 'failing' || health === 'degraded' ? health : 'plain';
}
