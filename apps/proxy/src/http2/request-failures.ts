/** What a request is told when it cannot go on. */
import type { Peer, Refusal } from '../stack/http-service.ts';
import { ErrorCode } from './error-code.ts';

/** What the client of a request is told whose time is over. */
export const TIMEOUT_TEXT = 'the timeout of the route passed';

/** The route's timeout passed before an answer. */
export function timeoutRefusal(peer: Peer): Refusal {
  // Meshed peers and the application beside us are told; strangers are not.
  const tellClient = peer.tls.kind === 'mutual' || peer.tls.reason === 'loopback';
  return { kind: 'refusal', status: 504, proxyError: TIMEOUT_TEXT, tellClient };
}

/** The service itself failed. */
export function internalRefusal(error: unknown): Refusal {
  const proxyError = error instanceof Error ? error.message : String(error);
  return { kind: 'refusal', status: 500, proxyError, tellClient: false };
}

/** Codes that speak of the request go on to the client; those that speak of the endpoint's connection do not concern it. */
export function forwardedCode(code: number): number {
  switch (code) {
    case ErrorCode.refusedStream:
    case ErrorCode.cancel:
    case ErrorCode.enhanceYourCalm:
    case ErrorCode.inadequateSecurity:
    case ErrorCode.http11Required:
      return code;
    default:
      return ErrorCode.internalError;
  }
}
