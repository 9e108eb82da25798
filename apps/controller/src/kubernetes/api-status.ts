import { TulleError, type ErrorCode, type Issue } from '@tulle/model';

/** What the API server answers instead of an object: `meta/v1` Status. */
export interface ApiStatus {
  readonly kind: 'Status';
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly { readonly field?: string; readonly message?: string }[];
  };
}

/** HTTP status of a watch that starts from a version the server has forgotten, and of a list's stale next page. */
const GONE = 410;

/** The API server's refusal as our error: its own words (who may not do what, which field is wrong) are kept. */
export function toApiError(httpStatus: number, body: string): TulleError {
  const status = readStatus(httpStatus, body);
  return new TulleError(codeOf(status.code), sentenceOf(status), {
    issues: issuesOf(status),
    cause: status,
  });
}

/** Whether a list or watch must begin anew because the server forgot the version it went on from. */
export function isExpired(reason: unknown): boolean {
  return reason instanceof TulleError && isStatus(reason.cause) && reason.cause.code === GONE;
}

/** A connection that failed, as our error. */
export function unreachable(cause: Error): TulleError {
  return new TulleError('unavailable', `The Kubernetes API cannot be reached: ${cause.message}.`, {
    cause,
  });
}

function readStatus(httpStatus: number, body: string): ApiStatus {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isStatus(parsed)) return { ...parsed, code: parsed.code || httpStatus };
  } catch {
    // no JSON: its text is the message
  }
  return { kind: 'Status', code: httpStatus, message: body.trim().slice(0, 300) };
}

function isStatus(value: unknown): value is ApiStatus {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

function codeOf(status: number): ErrorCode {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return 'invalid_argument';
    case 401:
      return 'unauthenticated';
    case 403:
      return 'permission_denied';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 429:
      return 'resource_exhausted';
    case 504:
      return 'deadline_exceeded';
    default:
      return 'unavailable';
  }
}

function sentenceOf({ code, message, reason }: ApiStatus): string {
  const words = message === undefined || message === '' ? reason : message;
  return words === undefined || words === ''
    ? `The Kubernetes API answered with status ${code}.`
    : `The Kubernetes API says: ${words}`;
}

function issuesOf({ details }: ApiStatus): Issue[] {
  return (details?.causes ?? []).map(({ field, message }) => ({
    path: (field ?? '').replace(/^spec\./, ''),
    message: message ?? 'is refused',
  }));
}
