import { isWorkloadKind, type ResourceRef, type SeriesPoint, type WorkloadRef } from '@tulle/model';
import type { StreamSink, StreamSource } from '@tulle/live/server';
import type { MetricsSource } from '../metrics/metrics-source.ts';

interface SeriesRange {
  readonly rangeSeconds: number;
  readonly stepSeconds: number;
}

/** Steps asked for again on each update, so that a step that came late is still sent. */
const OVERLAP_STEPS = 3;

/** The points of a range, then each new one when its step is over. */
export function seriesStream(
  metrics: Pick<MetricsSource, 'series' | 'onUpdate' | 'attend'>,
  ref: ResourceRef,
  { rangeSeconds, stepSeconds }: SeriesRange,
): StreamSource<SeriesPoint> {
  return {
    initial: () => [],
    start(sink) {
      const feed = createFeed(metrics, ref, stepSeconds, sink);
      const leave = isWorkload(ref) ? metrics.attend(ref) : () => undefined;
      void feed.send(rangeSeconds);
      const stopUpdates = metrics.onUpdate(
        () => void feed.send(Math.min(rangeSeconds, stepSeconds * OVERLAP_STEPS)),
      );
      return () => {
        stopUpdates();
        leave();
        feed.stop();
      };
    },
  };
}

function isWorkload(ref: ResourceRef): ref is WorkloadRef {
  return isWorkloadKind(ref.kind);
}

function createFeed(
  metrics: Pick<MetricsSource, 'series'>,
  ref: ResourceRef,
  stepSeconds: number,
  sink: StreamSink<SeriesPoint>,
): { send(rangeSeconds: number): Promise<void>; stop(): void } {
  let newestAtMs = 0;
  let busy = false;
  let stopped = false;
  return {
    stop: () => {
      stopped = true;
    },
    async send(rangeSeconds) {
      if (busy || stopped) return;
      busy = true;
      try {
        const points = await metrics.series(ref, rangeSeconds, stepSeconds);
        const fresh = points.filter(({ atMs }) => atMs > newestAtMs);
        newestAtMs = fresh.at(-1)?.atMs ?? newestAtMs;
        if (!stopped && fresh.length > 0) sink.rows(fresh, 0);
      } catch (error) {
        if (!stopped) sink.end(error);
      } finally {
        busy = false;
      }
    },
  };
}
