import type { AttemptFailure, Refusal } from '../stack/http-service.ts';

/** Values of the `error` label of `*_http_errors_total`. */
export type ErrorKind =
  'failfast' | 'loadshed' | 'identity required' | 'i/o' | 'response timeout' | 'unexpected';

/** Why the proxy answers itself, with what status (linkerd-proxy errors/respond). */
export const STATUS_OF_ERROR: Readonly<Record<ErrorKind, number>> = {
  failfast: 504,
  loadshed: 503,
  'identity required': 502,
  'i/o': 502,
  'response timeout': 504,
  unexpected: 500,
};

export function refuse(
  kind: ErrorKind,
  sentence: string,
  tellClient: boolean,
  status: number = STATUS_OF_ERROR[kind],
): Refusal {
  return { kind: 'refusal', status, proxyError: sentence, tellClient };
}

/** What a failed attempt is called and answered with when there is no other. */
export function refuseFailure(
  failure: AttemptFailure,
  target: string,
  tellClient: boolean,
): { readonly error: ErrorKind; readonly refusal: Refusal } {
  switch (failure.kind) {
    case 'connect':
      return refusal('i/o', `could not connect to ${target}: ${failure.error.message}`, tellClient);
    case 'connect-timeout': {
      const sentence = `connecting to ${target} took too long`;
      return { error: 'i/o', refusal: refuse('i/o', sentence, tellClient, 504) };
    }
    case 'identity':
      return refusal('identity required', `${target} did not prove its identity`, tellClient);
    default:
      return refusal('i/o', `the connection to ${target} broke before it answered`, tellClient);
  }
}

function refusal(
  error: ErrorKind,
  sentence: string,
  tellClient: boolean,
): { readonly error: ErrorKind; readonly refusal: Refusal } {
  return { error, refusal: refuse(error, sentence, tellClient) };
}
