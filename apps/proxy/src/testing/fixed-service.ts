/** An HttpService and TcpService that send everything to one endpoint and remember what the codec told them. */
import type { DialTiming } from '../stack/connection.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import type {
  AttemptFailure,
  BodyTap,
  Exchange,
  ExchangeEnd,
  HeaderEdit,
  HttpService,
  Refusal,
  RequestHead,
  ResponseHead,
  TcpExchange,
  TcpRefusal,
  TcpService,
  Verdict,
} from '../stack/http-service.ts';

export const NO_EDIT: HeaderEdit = { strip: [], set: [] };

/** What happened in one exchange. */
export class RecordedExchange implements Exchange {
  readonly kind = 'exchange';
  endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly replayBytes: number;
  readonly headerEdit: HeaderEdit;
  readonly failures: { failure: AttemptFailure; canRetry: boolean }[] = [];
  readonly statuses: number[] = [];
  firstBytes = 0;
  bytes = 0;
  trailers: readonly (readonly [string, string])[] = [];
  ends: ExchangeEnd[] = [];
  readonly dials: DialTiming[] = [];
  /** What the codec showed of the bodies; only where the service's `showsBodies`. */
  sent = '';
  received = '';
  readonly bodyTap: BodyTap | null;
  readonly head: readonly (readonly [string, string])[];
  readonly #service: FixedService;

  constructor(service: FixedService, head: RequestHead) {
    this.#service = service;
    this.endpoint = service.endpoint;
    this.timeoutMs = service.timeoutMs;
    this.replayBytes = service.replayBytes;
    this.headerEdit = service.headerEdit;
    this.head = head.fields();
    this.bodyTap = !service.showsBodies
      ? null
      : {
          request: (chunk) => (this.sent += chunk.toString('latin1')),
          response: (chunk) => (this.received += chunk.toString('latin1')),
        };
  }

  dialed(timing: DialTiming): void {
    this.dials.push(timing);
  }

  attemptFailed(failure: AttemptFailure, canRetry: boolean): 'retry' | Refusal {
    this.failures.push({ failure, canRetry });
    if (canRetry && this.failures.length <= this.#service.attempts) return 'retry';
    const status = failure.kind === 'connect-timeout' ? 504 : 502;
    return { kind: 'refusal', status, proxyError: failure.error.message, tellClient: true };
  }

  responseHead(head: ResponseHead, canRetry: boolean): Verdict {
    this.statuses.push(head.status);
    const isRetried =
      head.status >= 500 && canRetry && this.statuses.length <= this.#service.attempts;
    return isRetried ? 'retry' : 'forward';
  }
  firstBodyByte(): void {
    this.firstBytes += 1;
  }
  responseBytes(count: number): void {
    this.bytes += count;
  }
  responseTrailers(trailers: readonly (readonly [string, string])[]): 'forward' {
    this.trailers = trailers;
    return 'forward';
  }
  end(end: ExchangeEnd): void {
    this.ends.push(end);
  }
}

export class FixedService implements HttpService, TcpService {
  readonly endpoint: Endpoint;
  /** How often a failure or a 5xx is tried again. */
  attempts = 0;
  timeoutMs = 0;
  replayBytes = 0;
  headerEdit: HeaderEdit = NO_EDIT;
  showsBodies = false;
  readonly exchanges: RecordedExchange[] = [];
  readonly malformed: { status: number; reason: string }[] = [];
  readonly tcpErrors: (Error | null)[] = [];

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  begin(head: RequestHead): Exchange {
    const exchange = new RecordedExchange(this, head);
    this.exchanges.push(exchange);
    return exchange;
  }
  countMalformed(status: number, reason: string): void {
    this.malformed.push({ status, reason });
  }
  connect(): TcpExchange {
    return {
      kind: 'exchange',
      endpoint: this.endpoint,
      attemptFailed: (failure): TcpRefusal => ({ kind: 'refusal', reason: failure.error.message }),
      connected: () => {},
      closed: (error) => {
        this.tcpErrors.push(error);
      },
    };
  }
}
