import { API_PREFIX, type ErrorBody, STATUS_OF, TulleError } from '@tulle/model';

/** Longer than any answer takes; a plan or a save is milliseconds. */
const TIMEOUT_MS = 15_000;

/** The controller's REST API. Paths start after `/api/v1`. */
export interface ApiClient {
  /** Where it asks, for messages and for the live connection. */
  readonly url: string;
  /** @throws TulleError: the one the controller sent, or `unavailable` when nobody answers. */
  get<T>(path: string): Promise<T>;
  /** @throws TulleError as `get`. */
  put<T>(path: string, body: unknown): Promise<T>;
  /** @throws TulleError as `get`. */
  delete(path: string): Promise<void>;
}

/**
 * @param signal aborts what is under way.
 * @param token says who is asking; null where nobody needs to.
 */
export function createApiClient(
  url: string,
  signal: AbortSignal,
  token: string | null = null,
): ApiClient {
  async function request(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await send(method, path, body);
    const text = await response.text();
    if (response.ok) return text === '' ? null : parseJson(text, url);
    throw errorOf(response.status, text, url);
  }

  async function send(method: string, path: string, body: unknown): Promise<Response> {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const withBody = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const address = `${url}${API_PREFIX}${path}`;
      return await fetch(address, { method, headers, signal: limit, ...withBody });
    } catch (error) {
      throw unreachable(url, error);
    }
  }

  return {
    url,
    // The API's types are checked by the controller that makes them.
    get: async <T>(path: string) => (await request('GET', path)) as T,
    put: async <T>(path: string, body: unknown) => (await request('PUT', path, body)) as T,
    delete: async (path) => void (await request('DELETE', path)),
  };
}

/** What to say when nobody answers at `url`. */
export function unreachable(url: string, cause: unknown): TulleError {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const what = timedOut
    ? `did not answer within ${TIMEOUT_MS / 1000} s`
    : `cannot be reached${codeOf(cause)}`;
  return new TulleError(
    'unavailable',
    `The dashboard at ${url} ${what}. Start the mesh with npm start, or say where it is with --url.`,
    { cause },
  );
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}

function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notTulle(url, error);
  }
}

function errorOf(status: number, text: string, url: string): TulleError {
  try {
    const { error } = JSON.parse(text) as { readonly error: ErrorBody };
    if (error.code in STATUS_OF) {
      return new TulleError(error.code, error.message, { issues: error.issues ?? [] });
    }
  } catch {
    // Not a body of ours: said below.
  }
  return status === 502 || status === 503
    ? unreachable(url, undefined)
    : notTulle(url, `status ${status}`);
}

function notTulle(url: string, cause: unknown): TulleError {
  return new TulleError(
    'unavailable',
    `What answers at ${url} is not Tulle. Say where the dashboard is with --url.`,
    { cause },
  );
}
