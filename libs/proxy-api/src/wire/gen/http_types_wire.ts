// Generated from http_types.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/http_types_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';

export const HttpMethod: WireMessage<typeof pb.HttpMethodSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_types.HttpMethod', () => [
  [1, 'registered', 'int32', 'oneof type'],
  [2, 'unregistered', 'string', 'oneof type'],
]);

export const Scheme: WireMessage<typeof pb.SchemeSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_types.Scheme', () => [
  [1, 'registered', 'int32', 'oneof type'],
  [2, 'unregistered', 'string', 'oneof type'],
]);

export const Headers: WireMessage<typeof pb.HeadersSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_types.Headers', () => [
  [1, 'headers', Headers_Header, 'many'],
]);

export const Headers_Header: WireMessage<typeof pb.Headers_HeaderSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_types.Headers.Header', () => [
  [1, 'name', 'string', 'one'],
  [2, 'value', 'bytes', 'one'],
]);
