import { parseFilter, refOf, TulleError, type TapExchange } from '@tulle/model';
import type { TapParams } from '@tulle/live';
import type { StreamSource } from '@tulle/live/server';
import type { TapHub } from '../tap/index.ts';

const DEFAULT_PER_SECOND = 100;

/**
 * A tap as a stream of rows. Header extraction is on: a viewer that opens a row wants them.
 * @throws TulleError `invalid_argument` for a filter that cannot be read, with the place of each fault
 */
export function tapStream(hub: Pick<TapHub, 'open'>, params: TapParams): StreamSource<TapExchange> {
  const resource = refOf(params.resource);
  const parsed = parseFilter(params.filter);
  if (!parsed.ok) {
    const issues = parsed.issues.map(({ message }) => ({ path: 'filter', message }));
    throw new TulleError('invalid_argument', 'The filter cannot be read.', { issues });
  }
  return {
    initial: () => [],
    start: (sink) =>
      hub.open(
        {
          resource,
          filter: parsed.filter,
          maxPerSecond: params.maxPerSecond ?? DEFAULT_PER_SECOND,
          headers: true,
          bodies: params.bodies ?? false,
        },
        {
          onExchange: (exchange, dropped) => sink.rows([exchange], dropped),
          onNotice: (notice) => sink.notice(notice),
          onEnd: (reason) => sink.end(reason),
        },
      ),
  };
}
