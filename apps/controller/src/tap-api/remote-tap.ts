import { setTimeout as wait } from 'node:timers/promises';
import { formatFilter, TulleError, type ErrorCode } from '@tulle/model';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { TapHub, TapListener, TapRequest } from '../tap/index.ts';
import { SIGN_OF_LIFE_MS, type TapLine } from './exchange-stream.ts';
import { tapPathOf } from './tap-path.ts';

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;
/** What asking again would not change. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'permission_denied',
  'unauthenticated',
  'invalid_argument',
  'not_found',
]);

/**
 * Taps through the cluster's tap API with somebody's rights: what `api` sends decides who asks. A tap that is refused
 * ends with the refusal (`onEnd`); one that breaks is asked for again, and says so meanwhile.
 */
export function createRemoteTap(api: Pick<KubernetesApi, 'lines'>): Pick<TapHub, 'open'> {
  return {
    open(request, listener) {
      const stop = new AbortController();
      void run(api, request, listener, stop.signal);
      return () => stop.abort();
    },
  };
}

async function run(
  api: Pick<KubernetesApi, 'lines'>,
  request: TapRequest,
  listener: TapListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await api.lines(
        pathOf(request),
        (line) => {
          failures = 0;
          if (!signal.aborted) tell(JSON.parse(line) as TapLine, listener);
        },
        { signal, idleTimeoutMs: 3 * SIGN_OF_LIFE_MS },
      );
    } catch (reason) {
      if (signal.aborted) return;
      const error = TulleError.from(reason);
      if (FINAL.has(error.code)) {
        listener.onEnd?.(error);
        return;
      }
      const message = `The tap API cannot be asked now: ${error.message}`;
      listener.onNotice({ proxiesAnswered: 0, proxiesExpected: 0, message });
    }
    failures += 1;
    const pauseMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function tell({ exchange, dropped = 0, notice }: TapLine, listener: TapListener): void {
  if (exchange !== undefined) listener.onExchange(exchange, dropped);
  if (notice !== undefined) listener.onNotice(notice);
}

function pathOf({ resource, filter, maxPerSecond, headers, bodies }: TapRequest): string {
  const query = new URLSearchParams({
    filter: formatFilter(filter.terms),
    maxPerSecond: String(maxPerSecond),
    headers: String(headers),
    bodies: String(bodies === true),
  });
  return `${tapPathOf(resource)}?${query.toString()}`;
}
