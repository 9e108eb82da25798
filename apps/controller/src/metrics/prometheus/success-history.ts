import { keyOf } from '@tulle/model';
import type { WorkloadRef } from '@tulle/model';
import { WORKLOAD_LABELS, workloadIn } from '../workload-labels.ts';
import type { Spark } from '../metrics-source.ts';
import type { PrometheusClient, QueryRange, Samples } from './prometheus-client.ts';

const STEP_SECONDS = 10;
const POINTS = 60;

interface Row {
  readonly success: Float64Array;
  readonly failure: Float64Array;
}

/**
 * The last ten minutes of every workload in steps of 10 s, for sparklines: one range query at first, then one for the
 * steps that were added. Memory is bounded by the workloads that Prometheus names.
 */
export class SuccessHistory {
  readonly #client: Pick<PrometheusClient, 'queryRange'>;
  readonly #windowSeconds: number;
  #rows = new Map<string, Row>();
  /** Second of the newest point; 0 before the first. */
  #endSecond = 0;

  constructor(client: Pick<PrometheusClient, 'queryRange'>, windowSeconds: number) {
    this.#client = client;
    this.#windowSeconds = windowSeconds;
  }

  /** Asks for the steps that ended since the last time. @throws TulleError as {@link PrometheusClient} */
  async advance(nowSecond: number): Promise<void> {
    const endSeconds = Math.floor(nowSecond / STEP_SECONDS) * STEP_SECONDS;
    if (endSeconds <= this.#endSecond) return;
    const oldest = endSeconds - (POINTS - 1) * STEP_SECONDS;
    const startSeconds = Math.max(oldest, this.#endSecond + STEP_SECONDS);
    const range = { startSeconds, endSeconds, stepSeconds: STEP_SECONDS };
    const by = ['namespace', ...WORKLOAD_LABELS.map(([label]) => label), 'classification'].join();
    const promql = `sum by (${by}) (increase(response_total{direction="inbound"}[${this.#windowSeconds}s]))`;
    const answer = await this.#client.queryRange(promql, range);
    this.#shift(endSeconds);
    this.#add(answer, range);
  }

  spark(workload: WorkloadRef): Spark {
    const row = this.#rows.get(keyOf(workload));
    const points = Array.from({ length: POINTS }, (_, index) => {
      const success = row?.success[index] ?? Number.NaN;
      const failure = row?.failure[index] ?? Number.NaN;
      if (Number.isNaN(success) && Number.isNaN(failure)) return { rate: null, requests: null };
      const answered = (success || 0) + (failure || 0);
      const rate = answered === 0 ? null : Math.round(((success || 0) / answered) * 1e4) / 1e4;
      return { rate, requests: Math.round((answered / this.#windowSeconds) * 100) / 100 };
    });
    return {
      success: points.map(({ rate }) => rate),
      requests: points.map(({ requests }) => requests),
    };
  }

  /** Moves the points to the left, so that the last is that of `endSeconds`; rows without any point are dropped. */
  #shift(endSeconds: number): void {
    const steps = Math.min(POINTS, (endSeconds - this.#endSecond) / STEP_SECONDS);
    this.#endSecond = endSeconds;
    for (const [key, { success, failure }] of this.#rows) {
      for (const points of [success, failure]) {
        points.copyWithin(0, steps);
        points.fill(Number.NaN, POINTS - steps);
      }
      if (success.every(Number.isNaN) && failure.every(Number.isNaN)) this.#rows.delete(key);
    }
  }

  #add(answer: readonly Samples[], { endSeconds }: QueryRange): void {
    for (const { labels, values } of answer) {
      const workload = workloadIn(labels, '');
      if (workload === null) continue;
      const key = keyOf(workload);
      const row = this.#rows.get(key) ?? { success: unknown(), failure: unknown() };
      this.#rows.set(key, row);
      const points = labels['classification'] === 'failure' ? row.failure : row.success;
      for (const [at, value] of values) {
        const index = POINTS - 1 - Math.round((endSeconds - at) / STEP_SECONDS);
        if (index >= 0 && index < POINTS) points[index] = value;
      }
    }
  }
}

function unknown(): Float64Array {
  return new Float64Array(POINTS).fill(Number.NaN);
}
