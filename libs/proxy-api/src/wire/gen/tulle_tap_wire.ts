// Generated from tulle_tap.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/tulle_tap_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as http_types_wire from './http_types_wire.ts';
import * as net_wire from './net_wire.ts';
import * as tap_wire from './tap_wire.ts';

export const WatchRequest: WireMessage<typeof pb.WatchRequestSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.WatchRequest', () => [
  [1, 'maxPerSecond', 'uint32', 'one'],
  [2, 'match', tap_wire.ObserveRequest_Match, 'one'],
  [3, 'outcome', Condition, 'many'],
  [4, 'headers', 'bool', 'one'],
  [5, 'bodyBytes', 'uint32', 'one'],
  [6, 'openAfterMs', 'uint32', 'one'],
]);

export const Condition: WireMessage<typeof pb.ConditionSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Condition', () => [
  [1, 'any', Test, 'many'],
  [2, 'negated', 'bool', 'one'],
]);

export const Test: WireMessage<typeof pb.TestSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Test', () => [
  [1, 'httpStatus', Range, 'oneof test'],
  [2, 'grpcStatus', Range, 'oneof test'],
  [3, 'latencyMs', Range, 'oneof test'],
  [4, 'firstByteMs', Range, 'oneof test'],
  [5, 'durationMs', Range, 'oneof test'],
  [6, 'responseBytes', Range, 'oneof test'],
  [7, 'resetCode', Range, 'oneof test'],
  [8, 'attempt', Range, 'oneof test'],
  [9, 'failed', 'bool', 'oneof test'],
  [10, 'reset', 'bool', 'oneof test'],
]);

export const Range: WireMessage<typeof pb.RangeSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Range', () => [
  [1, 'min', 'double', 'maybe'],
  [2, 'max', 'double', 'maybe'],
  [3, 'minExclusive', 'bool', 'one'],
  [4, 'maxExclusive', 'bool', 'one'],
]);

export const WatchReply: WireMessage<typeof pb.WatchReplySchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.WatchReply', () => [
  [1, 'dropped', 'uint64', 'one'],
  [2, 'exchanges', Exchange, 'many'],
]);

export const Exchange: WireMessage<typeof pb.ExchangeSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Exchange', () => [
  [1, 'id', 'uint64', 'one'],
  [2, 'source', net_wire.TcpAddress, 'one'],
  [3, 'sourceLabels', 'string', 'map'],
  [4, 'destination', net_wire.TcpAddress, 'one'],
  [5, 'destinationLabels', 'string', 'map'],
  [6, 'routeLabels', 'string', 'map'],
  [7, 'proxyDirection', 'int32', 'one'],
  [8, 'method', http_types_wire.HttpMethod, 'one'],
  [9, 'scheme', http_types_wire.Scheme, 'one'],
  [10, 'authority', 'string', 'one'],
  [11, 'path', 'string', 'one'],
  [12, 'attempt', 'uint32', 'one'],
  [13, 'timing', Timing, 'one'],
  [14, 'httpStatus', 'uint32', 'maybe'],
  [15, 'grpcStatus', 'uint32', 'maybe'],
  [16, 'responseBytes', 'uint64', 'one'],
  [17, 'end', End, 'one'],
  [18, 'requestHeaders', http_types_wire.Headers, 'one'],
  [19, 'responseHeaders', http_types_wire.Headers, 'one'],
  [20, 'trailers', http_types_wire.Headers, 'one'],
  [21, 'requestBody', Body, 'one'],
  [22, 'responseBody', Body, 'one'],
]);

export const End: WireMessage<typeof pb.EndSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.End', () => [
  [1, 'resetCode', 'uint32', 'maybe'],
]);

export const Timing: WireMessage<typeof pb.TimingSchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Timing', () => [
  [1, 'queue', 'double', 'maybe'],
  [2, 'connect', 'double', 'maybe'],
  [3, 'tls', 'double', 'maybe'],
  [4, 'latency', 'double', 'maybe'],
  [5, 'firstByte', 'double', 'maybe'],
  [6, 'duration', 'double', 'maybe'],
  [7, 'age', 'double', 'one'],
]);

export const Body: WireMessage<typeof pb.BodySchema> = /*@__PURE__*/ message(
  'tulle.tap.v1.Body', () => [
  [1, 'text', 'string', 'one'],
  [2, 'bytes', 'uint64', 'one'],
  [3, 'isTruncated', 'bool', 'one'],
  [4, 'omission', 'int32', 'one'],
]);

export const Exchanges_Watch: WireMethod<typeof pb.WatchRequestSchema, typeof pb.WatchReplySchema> = {
  path: '/tulle.tap.v1.Exchanges/Watch',
  input: WatchRequest,
  output: WatchReply,
};
