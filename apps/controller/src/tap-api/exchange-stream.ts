import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFilter, TulleError, type ResourceRef, type TapExchange } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import type { TapHub, TapRequest } from '../tap/index.ts';

/** One line of the stream: an exchange, something it has to say about itself, or (empty) a sign of life. */
export interface TapLine {
  readonly exchange?: TapExchange;
  /** Exchanges lost since the last line because somebody was too slow or the rate was reached. */
  readonly dropped?: number;
  readonly notice?: StreamNotice;
}

export const TAP_LINES_TYPE = 'application/x-ndjson';
/** A reader that hears nothing for several of these has lost the connection. */
export const SIGN_OF_LIFE_MS = 10_000;
const DEFAULT_PER_SECOND = 100;
const MAX_PER_SECOND = 1000;
/** A reader that has so much before it gets no more until it has caught up. */
const CONGESTED_BYTES = 1024 * 1024;

/** What a tap's query says. @throws TulleError `invalid_argument` */
export function readTapQuery(ref: ResourceRef, query: URLSearchParams): TapRequest {
  const parsed = parseFilter(query.get('filter') ?? '');
  if (!parsed.ok) {
    const issues = parsed.issues.map(({ message }) => ({ path: 'filter', message }));
    throw new TulleError('invalid_argument', 'The filter cannot be read.', { issues });
  }
  const maxPerSecond = Number(query.get('maxPerSecond') ?? DEFAULT_PER_SECOND);
  if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1 || maxPerSecond > MAX_PER_SECOND) {
    throw new TulleError(
      'invalid_argument',
      `maxPerSecond takes a whole number from 1 to ${MAX_PER_SECOND}.`,
    );
  }
  return {
    resource: ref,
    filter: parsed.filter,
    maxPerSecond,
    headers: query.get('headers') !== 'false',
    bodies: query.get('bodies') === 'true',
  };
}

/** Whole exchanges as JSON lines, until the reader goes. @throws TulleError before the first line only */
export function streamExchanges(
  hub: Pick<TapHub, 'open'>,
  tap: TapRequest,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  let lost = 0;
  let told = '';
  const say = (line: TapLine): void => void response.write(`${JSON.stringify(line)}\n`);
  const head = (): void => {
    if (response.headersSent) return;
    response.writeHead(200, { 'content-type': TAP_LINES_TYPE, 'cache-control': 'no-store' });
  };
  const stop = hub.open(tap, {
    onExchange(exchange, dropped) {
      head();
      if (response.writableLength > CONGESTED_BYTES) {
        lost += dropped + 1;
        return;
      }
      say({ exchange, dropped: dropped + lost });
      lost = 0;
    },
    onNotice(notice) {
      head();
      // Told again with every change in the cluster, it would drown what changed.
      const text = JSON.stringify(notice);
      if (text !== told) say({ notice });
      told = text;
    },
  });
  head();
  response.flushHeaders();
  const alive = setInterval(() => say({}), SIGN_OF_LIFE_MS);
  const end = (): void => {
    clearInterval(alive);
    stop();
  };
  request.on('error', () => response.destroy());
  response.on('close', end);
}
