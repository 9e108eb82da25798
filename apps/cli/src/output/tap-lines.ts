import { GRPC_STATUS_NAMES, type TapExchange } from '@tulle/model';

/** Linkerd's three lines of one exchange: `req`, and when it has ended `rsp` and `end`. */
export function tapLines(exchange: TapExchange, alreadyBegun: boolean): readonly string[] {
  const lines = alreadyBegun ? [] : [requestLine(exchange)];
  if (exchange.outcome.kind === 'pending') return lines;
  if (exchange.httpStatus !== null) lines.push(responseLine(exchange));
  return [...lines, endLine(exchange)];
}

function requestLine(exchange: TapExchange): string {
  const { method, authority, path } = exchange;
  return `req ${common(exchange)} :method=${method} :authority=${authority} :path=${path}`;
}

function responseLine(exchange: TapExchange): string {
  return `rsp ${common(exchange)} :status=${exchange.httpStatus ?? ''} latency=${microseconds(exchange.latencyMs)}`;
}

function endLine(exchange: TapExchange): string {
  const { outcome, grpcStatus, durationMs, latencyMs, responseBytes } = exchange;
  // Linkerd counts it from the answer's head.
  const bodyMs = durationMs === null ? null : Math.max(0, durationMs - (latencyMs ?? 0));
  const parts = [
    grpcStatus === null ? null : `grpc-status=${GRPC_STATUS_NAMES[grpcStatus] ?? grpcStatus}`,
    outcome.kind === 'reset' ? `reset-error=${outcome.errorCode}` : null,
    `duration=${microseconds(bodyMs)}`,
    `response-length=${responseBytes ?? 0}B`,
  ];
  return `end ${common(exchange)} ${parts.filter((part) => part !== null).join(' ')}`;
}

function common({ id, direction, source, destination, security }: TapExchange): string {
  const proxy = direction === 'inbound' ? 'in ' : 'out';
  const tls = security.kind === 'mutual-tls' ? 'true' : security.reason;
  return `id=${id} proxy=${proxy} src=${source.address} dst=${destination.address} tls=${tls}`;
}

function microseconds(ms: number | null): string {
  return `${Math.round((ms ?? 0) * 1000)}µs`;
}
