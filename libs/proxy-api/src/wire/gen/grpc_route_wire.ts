// Generated from grpc_route.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/grpc_route_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';
import * as http_route_wire from './http_route_wire.ts';

export const GrpcRouteMatch: WireMessage<typeof pb.GrpcRouteMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.grpc_route.GrpcRouteMatch', () => [
  [1, 'rpc', GrpcRpcMatch, 'one'],
  [2, 'headers', http_route_wire.HeaderMatch, 'many'],
]);

export const GrpcRpcMatch: WireMessage<typeof pb.GrpcRpcMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.grpc_route.GrpcRpcMatch', () => [
  [1, 'service', 'string', 'one'],
  [2, 'method', 'string', 'one'],
]);

export const GrpcFailureInjector: WireMessage<typeof pb.GrpcFailureInjectorSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.grpc_route.GrpcFailureInjector', () => [
  [1, 'code', 'uint32', 'one'],
  [2, 'message', 'string', 'one'],
  [3, 'ratio', http_route_wire.Ratio, 'one'],
]);
