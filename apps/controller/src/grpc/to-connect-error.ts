import { Code, ConnectError } from '@connectrpc/connect';
import { TulleError, type ErrorCode } from '@tulle/model';

const CODE_OF: Readonly<Record<ErrorCode, Code>> = {
  invalid_argument: Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  not_found: Code.NotFound,
  conflict: Code.Aborted,
  unavailable: Code.Unavailable,
  deadline_exceeded: Code.DeadlineExceeded,
  resource_exhausted: Code.ResourceExhausted,
  internal: Code.Internal,
};

/** Any thrown value as a gRPC status. A bug's message stays here: the proxy is only told that there is one. */
export function toConnectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  const error = TulleError.from(reason);
  const message = error.code === 'internal' ? 'the controller failed' : error.message;
  return new ConnectError(message, CODE_OF[error.code], undefined, undefined, reason);
}
