import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  TapEvent_ProxyDirection,
  toHeaders,
  toHttpMethod,
  toScheme,
  toTcpAddress,
  type ExchangeSchema,
} from '@tulle/proxy-api';
import { redact } from './redact.ts';
import { peerLabels, tlsLabels } from './tap-span.ts';
import type { WatchSpan } from './watch-span.ts';

/** What a watch is told of an exchange, as far as it has come. Secrets are redacted here, before anything is sent. */
export function watchMessage(
  span: WatchSpan,
  id: number,
  wanted: { readonly headers: boolean; readonly bodies: boolean },
  nowMs: number,
): MessageInitShape<typeof ExchangeSchema> {
  const { peer, endpoint, direction, request, fields } = span.source;
  const source = toTcpAddress(peer.address, peer.port);
  const destination = toTcpAddress(endpoint.host, endpoint.port);
  return {
    id: BigInt(id),
    ...(source && { source }),
    sourceLabels: { ...peerLabels(peer) },
    ...(destination && { destination }),
    destinationLabels: { ...request.destinationLabels, ...tlsLabels(endpoint) },
    routeLabels: { ...request.routeLabels },
    proxyDirection:
      direction === 'inbound' ? TapEvent_ProxyDirection.INBOUND : TapEvent_ProxyDirection.OUTBOUND,
    method: toHttpMethod(request.method),
    scheme: toScheme(request.scheme),
    authority: request.authority,
    path: request.path,
    attempt: span.attempt,
    timing: timingOf(span, nowMs),
    ...(span.httpStatus !== null && { httpStatus: span.httpStatus }),
    ...(span.grpcStatus !== null && { grpcStatus: span.grpcStatus }),
    responseBytes: BigInt(span.bodyBytes),
    ...(!span.isOpen && { end: span.resetCode === null ? {} : { resetCode: span.resetCode } }),
    ...(wanted.headers && {
      requestHeaders: toHeaders(redact(fields())),
      responseHeaders: toHeaders(redact(span.responseFields())),
      trailers: toHeaders(redact(span.trailers)),
    }),
    ...(wanted.bodies &&
      span.bodies !== null &&
      !span.isOpen && {
        requestBody: span.bodies.requestPart.toMessage(),
        responseBody: span.bodies.responsePart.toMessage(),
      }),
  };
}

function timingOf(span: WatchSpan, nowMs: number) {
  const { queueMs, latencyMs, firstByteMs, durationMs, startedAtMs } = span;
  const elapsedMs = nowMs - startedAtMs;
  // Several exchanges may wait for one connection; one that came late did not wait for all of its opening.
  const untilHeadMs = latencyMs ?? durationMs ?? elapsedMs;
  const tlsMs = span.tlsMs === null ? null : Math.min(span.tlsMs, untilHeadMs);
  const connectMs =
    span.connectMs === null ? null : Math.min(span.connectMs, untilHeadMs - (tlsMs ?? 0));
  return {
    ...(queueMs !== null && { queue: queueMs }),
    ...(connectMs !== null && { connect: connectMs }),
    ...(tlsMs !== null && { tls: tlsMs }),
    ...(latencyMs !== null && { latency: latencyMs }),
    ...(firstByteMs !== null && { firstByte: firstByteMs }),
    ...(durationMs !== null && { duration: durationMs }),
    age: elapsedMs,
  };
}
