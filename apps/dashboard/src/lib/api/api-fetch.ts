import { API_PREFIX, STATUS_OF, TulleError } from '@tulle/model';
import type { ErrorBody, ErrorCode } from '@tulle/model';

export interface ApiRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Tests pass their own. */
  readonly fetch?: typeof fetch;
}

/**
 * Asks the controller's REST API. `path` starts after `/api/v1` and is already escaped.
 * @throws TulleError whatever went wrong: the controller's own error with its issues, `unavailable` when it did not
 * answer. An abort is thrown as it came.
 */
export async function apiFetch<Answer>(path: string, request: ApiRequest = {}): Promise<Answer> {
  const { method = 'GET', body, signal, fetch: doFetch = fetch } = request;
  const response = await doFetch(`${API_PREFIX}${path}`, {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((reason: unknown) => {
    if (signal?.aborted === true) throw reason;
    throw new TulleError(
      'unavailable',
      'The controller does not answer. Traffic goes on without it; try again in a moment.',
      { cause: reason },
    );
  });
  if (!response.ok) throw await errorOf(response);
  if (response.status === 204) return undefined as Answer;
  return (await response.json()) as Answer;
}

async function errorOf(response: Response): Promise<TulleError> {
  const body = (await response.json().catch(() => null)) as { error?: ErrorBody } | null;
  const error = body?.error;
  if (error !== undefined && error.code in STATUS_OF) {
    return new TulleError(error.code, error.message, { issues: error.issues ?? [] });
  }
  return new TulleError(
    codeOf(response.status),
    `The controller answered ${response.status} without saying why.`,
  );
}

/** The first code with this HTTP status; `internal` for one nobody uses. */
function codeOf(status: number): ErrorCode {
  const codes = Object.entries(STATUS_OF) as [ErrorCode, { http: number }][];
  return codes.find(([, { http }]) => http === status)?.[0] ?? 'internal';
}
