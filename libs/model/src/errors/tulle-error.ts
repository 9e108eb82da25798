/** Every way a Tulle program can refuse or fail, as a closed set. New codes get a row in {@link STATUS_OF}. */
export type ErrorCode =
  | 'invalid_argument' // the caller sent something malformed; `issues` says where
  | 'unauthenticated'
  | 'permission_denied'
  | 'not_found'
  | 'conflict' // the thing changed since the caller read it
  | 'unavailable' // a part of Tulle, or of the platform, cannot answer now
  | 'deadline_exceeded'
  | 'resource_exhausted' // a named limit was reached
  | 'internal'; // our bug

/** HTTP status and process exit code of each error code. Exit 64 is EX_USAGE, 69 EX_UNAVAILABLE, 70 EX_SOFTWARE. */
export const STATUS_OF: Readonly<
  Record<ErrorCode, { readonly http: number; readonly exit: number }>
> = {
  invalid_argument: { http: 400, exit: 64 },
  unauthenticated: { http: 401, exit: 77 },
  permission_denied: { http: 403, exit: 77 },
  not_found: { http: 404, exit: 1 },
  conflict: { http: 409, exit: 1 },
  unavailable: { http: 503, exit: 69 },
  deadline_exceeded: { http: 504, exit: 69 },
  resource_exhausted: { http: 429, exit: 69 },
  internal: { http: 500, exit: 70 },
};

/** One fault in something a person or a file said. `path` is dotted/indexed from the root: `routes[2].condition.pathRegex`. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What an error looks like in a JSON body or a WebSocket message. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly issues?: readonly Issue[];
}

/**
 * The one error class. `message` is a sentence for a person: subject first, limits and values in it, what to do last.
 * Programs turn it into a response, an exit code or a log line in one outermost place.
 */
export class TulleError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { issues?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TulleError';
    this.code = code;
    this.issues = options.issues ?? [];
  }

  /** Any thrown value as a TulleError: itself when it is one, otherwise `internal` with the value as cause. */
  static from(reason: unknown): TulleError {
    if (reason instanceof TulleError) return reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    return new TulleError('internal', message, { cause: reason });
  }

  toBody(): ErrorBody {
    if (this.issues.length === 0) return { code: this.code, message: this.message };
    return { code: this.code, message: this.message, issues: this.issues };
  }
}
