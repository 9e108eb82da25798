import type { InstanceState, TapBody, TapExchange, TapOutcome, TapPhases } from '@tulle/model';
import { Body_Omission, fromHeaders, fromHttpMethod, fromScheme } from '@tulle/proxy-api';
import type { Body, Exchange, Timing, WatchReply } from '@tulle/proxy-api';
import { describeEnds, ms, needsName, withoutPseudo } from './describe-ends.ts';
import type { PeerNames } from './peer-names.ts';

export interface WatchReaderOptions {
  readonly instance: InstanceState;
  readonly names: PeerNames;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Makes ids unique beyond this reader. */
  readonly idPrefix: string;
  readonly onExchange: (exchange: TapExchange) => void;
}

/** Reads what one proxy's Watch tells. */
export class WatchReader {
  readonly #options: WatchReaderOptions;
  /** A proxy numbers each Watch's exchanges from 0. */
  #watches = 0;
  /** Exchanges the proxy says it lost: over the rate, or because we were slow. */
  dropped = 0;

  constructor(options: WatchReaderOptions) {
    this.#options = options;
  }

  /** The following replies are another Watch's. */
  begin(): void {
    this.#watches += 1;
  }

  accept({ dropped, exchanges }: WatchReply): void {
    this.dropped += Number(dropped);
    for (const exchange of exchanges) void this.#show(exchange);
  }

  async #show(told: Exchange): Promise<void> {
    const { names, onExchange } = this.#options;
    const exchange = this.#exchangeOf(told);
    if (!needsName(exchange)) {
      onExchange(exchange);
      return;
    }
    const source = await names.byAddress(exchange.source.address);
    onExchange(source.workload === null ? exchange : { ...exchange, source });
  }

  #exchangeOf(told: Exchange): TapExchange {
    const { instance, names, now, idPrefix } = this.#options;
    const requestHeaders = fromHeaders(told.requestHeaders);
    const { timing } = told;
    return {
      id: `${idPrefix}w${this.#watches}:${told.id}`,
      atMs: Math.round(now() - (timing?.age ?? 0)),
      ...describeEnds(told, instance, names),
      method: fromHttpMethod(told.method) ?? '',
      scheme: fromScheme(told.scheme) ?? 'http',
      authority: told.authority,
      path: requestHeaders.find(([name]) => name === ':path')?.[1] ?? told.path,
      route: told.routeLabels['route'] ?? null,
      httpStatus: told.httpStatus ?? null,
      grpcStatus: told.grpcStatus ?? null,
      latencyMs: msOf(timing?.latency),
      durationMs: msOf(timing?.duration),
      responseBytes: told.end === undefined ? null : Number(told.responseBytes),
      requestHeaders: withoutPseudo(requestHeaders),
      responseHeaders: withoutPseudo(fromHeaders(told.responseHeaders)),
      trailers: fromHeaders(told.trailers),
      outcome: outcomeOf(told),
      attempt: told.attempt,
      ttfbMs: msOf(timing?.firstByte),
      phases: timing === undefined ? null : phasesOf(timing),
      requestBody: bodyOf(told.requestBody),
      responseBody: bodyOf(told.responseBody),
    };
  }
}

function outcomeOf({ end }: Exchange): TapOutcome {
  if (end === undefined) return { kind: 'pending' };
  return end.resetCode === undefined
    ? { kind: 'ended' }
    : { kind: 'reset', errorCode: end.resetCode };
}

function phasesOf({ queue, connect, tls, firstByte, duration }: Timing): TapPhases {
  const opened = (connect ?? 0) + (tls ?? 0);
  return {
    queueMs: msOf(queue),
    connectMs: msOf(connect),
    tlsMs: msOf(tls),
    firstByteMs: msOf(firstByte === undefined ? undefined : Math.max(0, firstByte - opened)),
    bodyMs: msOf(
      firstByte === undefined || duration === undefined ? undefined : duration - firstByte,
    ),
  };
}

function bodyOf(body: Body | undefined): TapBody | null {
  if (body === undefined) return null;
  const size = { bytes: Number(body.bytes), truncated: body.isTruncated };
  switch (body.omission) {
    case Body_Omission.NONE:
      return { text: body.text, omitted: null, ...size };
    case Body_Omission.COMPRESSED:
      return { text: null, omitted: 'compressed', ...size };
    default:
      return { text: null, omitted: 'not-text', ...size };
  }
}

function msOf(value: number | undefined): number | null {
  return value === undefined ? null : ms(value);
}
