import { parseFilter, refOf, TulleError } from '@tulle/model';
import type { TapExchange, TapFilter } from '@tulle/model';
import type { TapParams } from '@tulle/live';
import type { StreamSource } from '@tulle/live/server';
import type { TapHub } from './tap-hub.ts';

/** Exchanges a second where the viewer did not say (Linkerd's `--max-rps`). */
const DEFAULT_PER_SECOND = 100;
/** Exchanges go to the live server in batches this often. */
const BATCH_MS = 50;

/**
 * The tap as a topic. Viewers that ask for the same share one source, and so one Observe per proxy.
 * @throws TulleError `invalid_argument` with an issue per fault of the filter, `not_found`.
 */
export function createTapTopic(hub: TapHub): (params: TapParams) => StreamSource<TapExchange> {
  return (params) => {
    const request = {
      resource: refOf(params.resource),
      filter: filterOf(params.filter),
      maxPerSecond: params.maxPerSecond ?? DEFAULT_PER_SECOND,
      headers: true,
    };
    // Said now, while the subscription can still be refused.
    hub.check(request.resource);
    return {
      initial: () => [],
      start(sink): () => void {
        let batch: TapExchange[] = [];
        let dropped = 0;
        const timer = setInterval(() => {
          if (batch.length === 0 && dropped === 0) return;
          sink.rows(batch, dropped);
          batch = [];
          dropped = 0;
        }, BATCH_MS);
        const stop = hub.open(request, {
          onExchange: (exchange) => batch.push(exchange),
          onDropped: (count) => (dropped += count),
          onNotice: (notice) => sink.notice(notice),
        });
        return () => {
          stop();
          clearInterval(timer);
        };
      },
    };
  };
}

function filterOf(text: string): TapFilter {
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.filter;
  const [first] = parsed.issues;
  throw new TulleError('invalid_argument', `The filter cannot be read: ${first?.message ?? ''}.`, {
    issues: parsed.issues.map(({ message, from, to }) => ({
      path: `filter[${from}..${to}]`,
      message,
    })),
  });
}
