/** How gRPC calls end (gRPC over HTTP/2, "Responses"). */
import { ErrorCode } from '../http2/error-code.ts';

export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call that did not end with OK. Its code is whatever number the other side sent. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GrpcError';
    this.code = code;
  }

  /** What was thrown, as a call's end: anything but a {@link GrpcError} is INTERNAL. */
  static from(reason: unknown): GrpcError {
    if (reason instanceof GrpcError) return reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    return new GrpcError(GrpcCode.internal, message, { cause: reason });
  }
}

/** The end of a call whose answer has no grpc-status (gRPC, "HTTP to gRPC Status Code Mapping"). */
export function codeOfHttpStatus(status: number): number {
  switch (status) {
    case 400:
      return GrpcCode.internal;
    case 401:
      return GrpcCode.unauthenticated;
    case 403:
      return GrpcCode.permissionDenied;
    case 404:
      return GrpcCode.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode.unavailable;
    default:
      return GrpcCode.unknown;
  }
}

/** The end of a call whose stream was reset. @param code null: the connection was lost. */
export function codeOfReset(code: number | null): number {
  switch (code) {
    case null:
    case ErrorCode.refusedStream:
      return GrpcCode.unavailable;
    case ErrorCode.cancel:
      return GrpcCode.cancelled;
    case ErrorCode.enhanceYourCalm:
      return GrpcCode.resourceExhausted;
    case ErrorCode.inadequateSecurity:
      return GrpcCode.permissionDenied;
    default:
      return GrpcCode.internal;
  }
}

/** The text of a `grpc-message`, which is percent-encoded UTF-8; one that is damaged stays as it is. */
export function decodeGrpcMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
