import type { AccessLogFormat } from '../config/proxy-config.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import type { Peer, RequestHead, ResponseHead } from '../stack/http-service.ts';
import type { RequestTap } from './tap/request-tap.ts';

export interface AccessLogOptions {
  readonly format: AccessLogFormat;
  /** Takes one line, with its end. */
  readonly write: (line: string) => void;
  /** The wall clock, milliseconds. */
  readonly wallClock: () => number;
}

/** What one line says, in linkerd2-proxy's names (http/access-log). */
interface Entry {
  readonly 'client.addr': string;
  readonly 'client.id': string;
  readonly timestamp: string;
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly trace_id: string;
  readonly request_bytes: string;
  readonly user_agent: string;
  readonly host: string;
}

interface Outcome {
  /** 0: there was no answer, or none of the server's. */
  readonly status: number;
  readonly responseBytes: number;
  readonly totalMs: number;
  /** Until the answer's head. */
  readonly processingMs: number;
}

const TRACE_FIELDS = ['x-b3-traceid', 'x-request-id', 'x-amzn-trace-id'] as const;
/** A longer field is cut: a client must not fill the disk by one request. */
const MAX_FIELD_CHARS = 1024;

/** One line for each inbound request when it has ended. */
export class AccessLog {
  readonly #options: AccessLogOptions;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** @param nowMs monotonic, as in the span's methods. */
  begin(head: RequestHead, peer: Peer, nowMs: number): RequestTap {
    const entry = this.#describe(head, peer);
    return new AccessSpan(nowMs, (outcome) => this.#write(entry, outcome));
  }

  /** A request that the proxy answered itself before it was sent anywhere. */
  refused(head: RequestHead, peer: Peer, status: number): void {
    const outcome = { status, responseBytes: 0, totalMs: 0, processingMs: 0 };
    this.#write(this.#describe(head, peer), outcome);
  }

  #describe(head: RequestHead, peer: Peer): Entry {
    const trace = TRACE_FIELDS.map((name) => head.header(name)).find((id) => id !== undefined);
    return {
      'client.addr': `${peer.address}:${peer.port}`,
      'client.id': peer.tls.kind === 'mutual' ? (peer.tls.clientId ?? '-') : '-',
      timestamp: new Date(this.#options.wallClock()).toISOString(),
      method: head.method,
      uri: clean(head.path),
      version: head.version ?? 'HTTP/1.1',
      trace_id: clean(trace ?? ''),
      request_bytes: clean(head.header('content-length') ?? ''),
      user_agent: clean(head.header('user-agent') ?? ''),
      host: clean(head.authority),
    };
  }

  #write(entry: Entry, outcome: Outcome): void {
    const { format, write } = this.#options;
    write(format === 'json' ? jsonLine(entry, outcome) : apacheLine(entry, outcome));
  }
}

/** Common log format: client, identity, user, time, request, status, bytes. */
function apacheLine(entry: Entry, { status, responseBytes }: Outcome): string {
  const request = `${entry.method} ${entry.uri} ${entry.version}`.replaceAll('"', '\\"');
  const code = status === 0 ? '-' : status;
  return `${entry['client.addr']} ${entry['client.id']} - [${entry.timestamp}] "${request}" ${code} ${responseBytes}\n`;
}

function jsonLine(entry: Entry, outcome: Outcome): string {
  const { status, responseBytes, totalMs, processingMs } = outcome;
  const line = {
    ...entry,
    status: status === 0 ? null : status,
    response_bytes: responseBytes,
    total_ns: Math.round(totalMs * 1e6),
    processing_ns: Math.round(processingMs * 1e6),
  };
  return `${JSON.stringify(line)}\n`;
}

/** A field may hold what would be another line, or steer a terminal. */
function clean(text: string): string {
  return text.slice(0, MAX_FIELD_CHARS).replaceAll(/[^\x20-\x7e]/g, '?');
}

class AccessSpan implements RequestTap {
  readonly bodies = null;
  readonly #startedAtMs: number;
  readonly #write: (outcome: Outcome) => void;
  #answeredAtMs = 0;
  #status = 0;
  #bytes = 0;

  constructor(nowMs: number, write: (outcome: Outcome) => void) {
    this.#startedAtMs = nowMs;
    this.#write = write;
  }

  dialed(): void {}

  responseHead(head: ResponseHead, nowMs: number): void {
    this.#status = head.status;
    this.#answeredAtMs = nowMs;
  }

  firstByte(): void {}

  responseBytes(count: number): void {
    this.#bytes += count;
  }

  responseTrailers(): void {}

  end(_end: unknown, nowMs: number): void {
    const answeredAtMs = this.#status === 0 ? nowMs : this.#answeredAtMs;
    this.#write({
      status: this.#status,
      responseBytes: this.#bytes,
      totalMs: nowMs - this.#startedAtMs,
      processingMs: answeredAtMs - this.#startedAtMs,
    });
  }

  /** Inbound requests are not tried again. */
  retry(_endpoint: Endpoint): null {
    return null;
  }
}
