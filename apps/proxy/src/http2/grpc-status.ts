/** What the proxy answers itself, as HTTP and as gRPC (linkerd-proxy's `errors/respond`). */
import type { Refusal } from '../stack/http-service.ts';
import { ownField, type HeaderField } from './hpack/header-field.ts';

const GRPC_OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 5],
  [429, 8],
  [500, 13],
  [501, 12],
  [502, 14],
  [503, 14],
  [504, 4],
  [508, 10],
]);
const GRPC_UNKNOWN = 2;
export const GRPC_UNAVAILABLE = 14;
export const GRPC_DEADLINE_EXCEEDED = 4;

/** The gRPC status code of an HTTP status the proxy answers with. */
export function grpcStatusOf(httpStatus: number): number {
  return GRPC_OF_HTTP.get(httpStatus) ?? GRPC_UNKNOWN;
}

/** `grpc-message` is percent-encoded: gRPC over HTTP/2, "Responses". */
export function encodeGrpcMessage(message: string): string {
  return message.replaceAll(/[^ -$&-~]+/g, (text) =>
    Buffer.from(text, 'utf8').toString('hex').toUpperCase().replaceAll(/../g, '%$&'),
  );
}

/** The whole answer to a refused request: a head that ends the stream. */
export function refusalFields(refusal: Refusal, isGrpc: boolean): HeaderField[] {
  const { status, proxyError, tellClient } = refusal;
  const fields = isGrpc
    ? [
        ownField(':status', '200'),
        ownField('content-type', 'application/grpc'),
        ...grpcTrailers(refusal.grpcStatus ?? grpcStatusOf(status), tellClient ? proxyError : ''),
      ]
    : [ownField(':status', String(status)), ownField('content-length', '0')];
  for (const [name, value] of refusal.fields ?? []) fields.push(ownField(name, fieldText(value)));
  if (tellClient) fields.push(ownField('l5d-proxy-error', fieldText(proxyError)));
  return fields;
}

/** @param message '' for none. */
export function grpcTrailers(status: number, message: string): HeaderField[] {
  const fields = [ownField('grpc-status', String(status))];
  if (message !== '') fields.push(ownField('grpc-message', encodeGrpcMessage(message)));
  return fields;
}

/** Error texts may quote anything: a field value holds one line of printable ASCII. */
function fieldText(text: string): string {
  return text.replaceAll(/[^!-~]+/g, ' ').trim();
}
