import type { Header, InstanceState, TapExchange } from '@tulle/model';
import { fromDuration, fromHeaders, fromHttpMethod, fromScheme } from '@tulle/proxy-api';
import type { TapEvent, TapEvent_Http } from '@tulle/proxy-api';
import { describeEnds, ms, needsName, withoutPseudo } from './describe-ends.ts';
import type { PeerNames } from './peer-names.ts';

/** A request without an answer is shown after this long. */
const PENDING_MS = 500;
/** Requests of one proxy that wait for their end; more are dropped and counted. */
const MAX_OPEN = 2000;
/** A request whose end was never told (the proxy dropped the event) is forgotten after this long. */
const FORGET_MS = 120_000;

type HttpEvent = TapEvent_Http['event'];
type RequestInit = Extract<HttpEvent, { case: 'requestInit' }>['value'];
type ResponseInit = Extract<HttpEvent, { case: 'responseInit' }>['value'];
type ResponseEnd = Extract<HttpEvent, { case: 'responseEnd' }>['value'];

interface Open {
  exchange: TapExchange;
  shown: boolean;
  /** Settles when its client's name is known, or nobody knows it; null when there was nothing to ask. */
  naming: Promise<void> | null;
  readonly sinceMs: number;
}

export interface AssemblerOptions {
  readonly instance: InstanceState;
  readonly names: PeerNames;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Makes ids unique beyond this assembler. */
  readonly idPrefix: string;
  readonly onExchange: (exchange: TapExchange) => void;
}

/** Puts the three events of each request of one proxy together. */
export class ExchangeAssembler {
  readonly #options: AssemblerOptions;
  readonly #open = new Map<string, Open>();
  /** Exchanges lost because too many were open, or because their end never came. */
  dropped = 0;

  constructor(options: AssemblerOptions) {
    this.#options = options;
  }

  accept(event: TapEvent): void {
    const http = event.event.value?.event;
    switch (http?.case) {
      case 'requestInit':
        this.#begin(event, http.value);
        return;
      case 'responseInit':
        this.#update(http.value, (exchange) => withResponse(exchange, http.value));
        return;
      case 'responseEnd':
        void this.#end(http.value);
        return;
      default:
    }
  }

  /** Shows requests that wait for their answer, and forgets those whose end was lost. Call several times a second. */
  sweep(): void {
    const nowMs = this.#options.now();
    for (const [id, open] of this.#open) {
      if (nowMs - open.sinceMs > FORGET_MS) {
        this.#open.delete(id);
        this.dropped += 1;
      } else if (!open.shown && nowMs - open.sinceMs >= PENDING_MS) {
        open.shown = true;
        this.#options.onExchange(open.exchange);
      }
    }
  }

  #begin(event: TapEvent, init: RequestInit): void {
    if (this.#open.size >= MAX_OPEN) {
      this.dropped += 1;
      return;
    }
    const key = idOf(init);
    const exchange = this.#exchangeOf(event, init, key);
    const open: Open = { exchange, shown: false, naming: null, sinceMs: exchange.atMs };
    this.#open.set(key, open);
    if (needsName(exchange)) {
      open.naming = this.#nameClient(open);
    }
  }

  async #nameClient(open: Open): Promise<void> {
    const source = await this.#options.names.byAddress(open.exchange.source.address);
    if (source.workload !== null) open.exchange = { ...open.exchange, source };
  }

  #exchangeOf(event: TapEvent, init: RequestInit, key: string): TapExchange {
    const { instance, names } = this.#options;
    const requestHeaders = fromHeaders(init.headers);
    const reported = {
      proxyDirection: event.proxyDirection,
      source: event.source,
      sourceLabels: event.sourceMeta?.labels ?? {},
      destination: event.destination,
      destinationLabels: event.destinationMeta?.labels ?? {},
    };
    return {
      id: `${this.#options.idPrefix}${key}`,
      atMs: Math.round(this.#options.now()),
      ...describeEnds(reported, instance, names),
      method: fromHttpMethod(init.method) ?? '',
      scheme: fromScheme(init.scheme) ?? 'http',
      authority: init.authority,
      path: requestHeaders.find(([name]) => name === ':path')?.[1] ?? init.path,
      route: event.routeMeta?.labels['route'] ?? null,
      httpStatus: null,
      grpcStatus: null,
      latencyMs: null,
      durationMs: null,
      responseBytes: null,
      requestHeaders: withoutPseudo(requestHeaders),
      responseHeaders: [],
      trailers: [],
      outcome: { kind: 'pending' },
    };
  }

  #update(
    message: { readonly id?: RequestInit['id'] },
    change: (exchange: TapExchange) => TapExchange,
  ): void {
    const open = this.#open.get(idOf(message));
    if (open !== undefined) open.exchange = change(open.exchange);
  }

  async #end(end: ResponseEnd): Promise<void> {
    const key = idOf(end);
    const open = this.#open.get(key);
    if (open === undefined) return;
    open.exchange = withEnd(open.exchange, end);
    this.#open.delete(key);
    if (open.naming !== null) await open.naming;
    this.#options.onExchange(open.exchange);
  }
}

function withResponse(exchange: TapExchange, init: ResponseInit): TapExchange {
  const headers = fromHeaders(init.headers);
  return {
    ...exchange,
    httpStatus: init.httpStatus === 0 ? null : init.httpStatus,
    latencyMs: init.sinceRequestInit === undefined ? null : ms(fromDuration(init.sinceRequestInit)),
    responseHeaders: withoutPseudo(headers),
    grpcStatus: grpcStatusOf(headers) ?? exchange.grpcStatus,
  };
}

function withEnd(exchange: TapExchange, end: ResponseEnd): TapExchange {
  const trailers = fromHeaders(end.trailers);
  const eos = end.eos?.end;
  return {
    ...exchange,
    durationMs: end.sinceRequestInit === undefined ? null : ms(fromDuration(end.sinceRequestInit)),
    responseBytes: Number(end.responseBytes),
    trailers,
    grpcStatus:
      eos?.case === 'grpcStatusCode' ? eos.value : (grpcStatusOf(trailers) ?? exchange.grpcStatus),
    outcome:
      eos?.case === 'resetErrorCode' ? { kind: 'reset', errorCode: eos.value } : { kind: 'ended' },
  };
}

function grpcStatusOf(headers: readonly Header[]): number | null {
  const text = headers.find(([name]) => name === 'grpc-status')?.[1];
  if (text === undefined || !/^\d{1,2}$/.test(text)) return null;
  return Number(text);
}

function idOf({ id }: { readonly id?: RequestInit['id'] }): string {
  return `${id?.base ?? 0}:${id?.stream ?? 0n}`;
}
