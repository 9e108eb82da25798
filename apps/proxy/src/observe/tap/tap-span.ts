import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  TapEvent_ProxyDirection,
  type TapEvent_HttpSchema,
  toDuration,
  toHeaders,
  toHttpMethod,
  toScheme,
  toTcpAddress,
} from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';
import type { Endpoint } from '../../stack/endpoint.ts';
import type { KeptFields, Peer, ResponseHead } from '../../stack/http-service.ts';
import type { Direction } from '../labels.ts';
import { redact } from './redact.ts';
import type { RequestTap, TapEnd } from './request-tap.ts';
import type { TapRequest } from './tap-match.ts';
import type { TapSubscription } from './tap-subscription.ts';

/** Where a request goes, as far as observers are told. */
export type TapEndpoint = Pick<Endpoint, 'host' | 'port' | 'tls'>;

/** A request's description, kept while it is observed: a retry tells it again. */
export interface TapSource {
  readonly direction: Direction;
  readonly peer: Peer;
  readonly endpoint: TapEndpoint;
  readonly fields: KeptFields;
  readonly request: TapRequest;
}

interface Taken {
  readonly subscription: TapSubscription;
  readonly stream: bigint;
}
type Fields = readonly (readonly [string, string])[];
type HttpEvent = NonNullable<MessageInitShape<typeof TapEvent_HttpSchema>['event']>;
interface StreamId {
  readonly base: number;
  readonly stream: bigint;
}

/** One observed request on its way: told to each observer that wants it. */
export class TapSpan implements RequestTap {
  readonly bodies = null;
  readonly #taken: readonly Taken[];
  readonly #source: TapSource;
  readonly #startedAtMs: number;
  #respondedAtMs = 0;
  #bytes = 0;
  #trailers: Fields = [];

  constructor(subscriptions: readonly TapSubscription[], source: TapSource, nowMs: number) {
    this.#source = source;
    this.#startedAtMs = nowMs;
    this.#taken = subscriptions.map((subscription) => ({
      subscription,
      stream: BigInt(subscription.take()),
    }));
    const { method, scheme, authority, path } = source.request;
    this.#tell((id, headers) => ({
      case: 'requestInit',
      value: {
        id,
        method: toHttpMethod(method),
        scheme: toScheme(scheme),
        authority,
        path,
        ...(headers && { headers: toHeaders(redact(source.fields())) }),
      },
    }));
  }

  dialed(): void {
    // Observe has no place for it; the Watch service has.
  }

  firstByte(): void {
    // As above.
  }

  responseHead(head: ResponseHead, nowMs: number): void {
    this.#respondedAtMs = nowMs;
    this.#tell((id, headers) => ({
      case: 'responseInit',
      value: {
        id,
        sinceRequestInit: toDuration(nowMs - this.#startedAtMs),
        httpStatus: head.status,
        ...(headers && { headers: toHeaders(redact(head.fields())) }),
      },
    }));
  }

  responseBytes(count: number): void {
    this.#bytes += count;
  }

  responseTrailers(trailers: Fields): void {
    this.#trailers = trailers;
  }

  end(end: TapEnd, nowMs: number): void {
    const sinceResponse = this.#respondedAtMs === 0 ? 0 : nowMs - this.#respondedAtMs;
    this.#tell((id, headers) => ({
      case: 'responseEnd',
      value: {
        id,
        sinceRequestInit: toDuration(nowMs - this.#startedAtMs),
        sinceResponseInit: toDuration(sinceResponse),
        responseBytes: BigInt(this.#bytes),
        ...(end.kind !== 'plain' && { eos: { end: eosOf(end) } }),
        ...(headers &&
          this.#trailers.length > 0 && { trailers: toHeaders(redact(this.#trailers)) }),
      },
    }));
    for (const { subscription } of this.#taken) subscription.release();
  }

  /** The same request sent again, to another endpoint: a request of its own for observers that take more. */
  retry(endpoint: Endpoint, nowMs: number): TapSpan | null {
    const more = this.#taken.map((each) => each.subscription).filter((each) => each.takesMore);
    if (more.length === 0) return null;
    const request = { ...this.#source.request, destination: endpoint };
    return new TapSpan(more, { ...this.#source, endpoint, request }, nowMs);
  }

  #tell(eventOf: (id: StreamId, headers: boolean) => HttpEvent): void {
    const { peer, endpoint, direction, request } = this.#source;
    const source = toTcpAddress(peer.address, peer.port);
    const destination = toTcpAddress(endpoint.host, endpoint.port);
    for (const { subscription, stream } of this.#taken) {
      const id = { base: subscription.base, stream };
      subscription.push({
        ...(source && { source }),
        sourceMeta: { labels: peerLabels(peer) },
        ...(destination && { destination }),
        destinationMeta: { labels: { ...request.destinationLabels, ...tlsLabels(endpoint) } },
        routeMeta: { labels: { ...request.routeLabels } },
        proxyDirection:
          direction === 'inbound'
            ? TapEvent_ProxyDirection.INBOUND
            : TapEvent_ProxyDirection.OUTBOUND,
        event: {
          case: 'http',
          value: { event: eventOf(id, subscription.extractsHeaders) },
        },
      });
    }
  }
}

function eosOf(end: Exclude<TapEnd, { kind: 'plain' }>) {
  return end.kind === 'grpc'
    ? { case: 'grpcStatusCode' as const, value: end.status }
    : { case: 'resetErrorCode' as const, value: end.code };
}

/** What an observer is told of the client's side of the connection. */
export function peerLabels({ tls }: Peer): Labels {
  if (tls.kind === 'none') return { tls: tls.reason };
  return tls.clientId === null ? { tls: 'true' } : { tls: 'true', client_id: tls.clientId };
}

/** What an observer is told of the connection to the endpoint. */
export function tlsLabels({ tls }: TapEndpoint): Labels {
  return tls.kind === 'none' ? { tls: tls.reason } : { tls: 'true', server_id: tls.identity };
}
