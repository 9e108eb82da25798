import { isWorkloadKind } from '@tulle/model';
import type { ResourceRef, SeriesPoint } from '@tulle/model';
import { checkRange } from '../embedded/series-reader.ts';
import { labelOfKind } from '../workload-labels.ts';
import type { PrometheusClient, Samples } from './prometheus-client.ts';
import { quantilesOf } from './queries.ts';
import { goldenOfCounts } from './snapshot.ts';

interface Point {
  success: number;
  failure: number;
  measured: boolean;
  readonly latencyMs: Record<string, number>;
}

/**
 * Points of a resource, one per whole step since the epoch, oldest first. Each speaks of its step, or of the window
 * before its end where that is longer: a shorter one may hold no two scrapes.
 * @param nowSecond seconds since the epoch
 * @throws TulleError `invalid_argument` for a bad range, else as {@link PrometheusClient}
 */
export async function rangeSeries(
  client: Pick<PrometheusClient, 'queryRange'>,
  ref: ResourceRef,
  range: {
    readonly rangeSeconds: number;
    readonly stepSeconds: number;
    readonly windowSeconds: number;
    readonly nowSecond: number;
  },
): Promise<readonly SeriesPoint[]> {
  const { rangeSeconds, stepSeconds, nowSecond } = range;
  checkRange(rangeSeconds, stepSeconds);
  const count = Math.floor(rangeSeconds / stepSeconds);
  const endSeconds = Math.floor(nowSecond / stepSeconds) * stepSeconds;
  const startSeconds = endSeconds - (count - 1) * stepSeconds;
  const window = Math.max(stepSeconds, range.windowSeconds);
  const selector = selectorOf(ref);
  const asked = { startSeconds, endSeconds, stepSeconds };
  const [answers, latencies] = await Promise.all([
    client.queryRange(
      `sum by (classification) (increase(response_total{${selector}}[${window}s]))`,
      asked,
    ),
    client.queryRange(
      quantilesOf(`sum by (le) (rate(response_latency_ms_bucket{${selector}}[${window}s]))`),
      asked,
    ),
  ]);
  const points = Array.from({ length: count }, (): Point => {
    return { success: 0, failure: 0, measured: false, latencyMs: {} };
  });
  each(answers, asked, points, (point, labels, value) => {
    point.measured = true;
    point[labels['classification'] === 'failure' ? 'failure' : 'success'] += value;
  });
  each(latencies, asked, points, (point, labels, value) => {
    if (Number.isFinite(value)) point.latencyMs[labels['q'] ?? ''] = value;
  });
  return points.map((point, index) =>
    pointOf((startSeconds + index * stepSeconds) * 1000, point, window),
  );
}

function each(
  series: readonly Samples[],
  { startSeconds, stepSeconds }: { startSeconds: number; stepSeconds: number },
  points: readonly Point[],
  apply: (point: Point, labels: Samples['labels'], value: number) => void,
): void {
  for (const { labels, values } of series) {
    for (const [at, value] of values) {
      const point = points[Math.round((at - startSeconds) / stepSeconds)];
      if (point !== undefined) apply(point, labels, value);
    }
  }
}

function pointOf(atMs: number, point: Point, window: number): SeriesPoint {
  if (!point.measured) {
    const none = { latencyP50Ms: null, latencyP95Ms: null, latencyP99Ms: null };
    return { atMs, successRate: null, requestsPerSecond: null, ...none };
  }
  const golden = goldenOfCounts(point, window);
  return {
    atMs,
    successRate: golden.successRate,
    requestsPerSecond: golden.requestsPerSecond,
    latencyP50Ms: golden.latencyP50Ms,
    latencyP95Ms: golden.latencyP95Ms,
    latencyP99Ms: golden.latencyP99Ms,
  };
}

/** Answers that a workload, pod or namespace gave, or that a service's callers saw. */
function selectorOf({ kind, namespace, name }: ResourceRef): string {
  if (kind === 'service') {
    return `direction="outbound",dst_namespace=${quoted(namespace)},dst_service=${quoted(name)}`;
  }
  const inNamespace = `direction="inbound",namespace=${quoted(namespace)}`;
  if (kind === 'namespace') return inNamespace;
  const label = isWorkloadKind(kind) ? labelOfKind(kind) : kind;
  return `${inNamespace},${label}=${quoted(name)}`;
}

/** A name comes from whoever asks: it must stay one PromQL string. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
