// Generated from http_route.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/http_route_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';
import * as wkt_duration_wire from './wkt_duration_wire.ts';
import * as http_types_wire from './http_types_wire.ts';

export const HostMatch: WireMessage<typeof pb.HostMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.HostMatch', () => [
  [1, 'exact', 'string', 'oneof match'],
  [2, 'suffix', HostMatch_Suffix, 'oneof match'],
]);

export const HostMatch_Suffix: WireMessage<typeof pb.HostMatch_SuffixSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.HostMatch.Suffix', () => [
  [1, 'reverseLabels', 'string', 'many'],
]);

export const HttpRouteMatch: WireMessage<typeof pb.HttpRouteMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.HttpRouteMatch', () => [
  [1, 'path', PathMatch, 'one'],
  [2, 'headers', HeaderMatch, 'many'],
  [3, 'queryParams', QueryParamMatch, 'many'],
  [4, 'method', http_types_wire.HttpMethod, 'one'],
]);

export const PathMatch: WireMessage<typeof pb.PathMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.PathMatch', () => [
  [1, 'exact', 'string', 'oneof kind'],
  [2, 'prefix', 'string', 'oneof kind'],
  [3, 'regex', 'string', 'oneof kind'],
]);

export const HeaderMatch: WireMessage<typeof pb.HeaderMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.HeaderMatch', () => [
  [1, 'name', 'string', 'one'],
  [2, 'exact', 'bytes', 'oneof value'],
  [3, 'regex', 'string', 'oneof value'],
]);

export const QueryParamMatch: WireMessage<typeof pb.QueryParamMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.QueryParamMatch', () => [
  [1, 'name', 'string', 'one'],
  [2, 'exact', 'string', 'oneof value'],
  [3, 'regex', 'string', 'oneof value'],
]);

export const RequestHeaderModifier: WireMessage<typeof pb.RequestHeaderModifierSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.RequestHeaderModifier', () => [
  [1, 'add', http_types_wire.Headers, 'one'],
  [2, 'set', http_types_wire.Headers, 'one'],
  [3, 'remove', 'string', 'many'],
]);

export const ResponseHeaderModifier: WireMessage<typeof pb.ResponseHeaderModifierSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.ResponseHeaderModifier', () => [
  [1, 'add', http_types_wire.Headers, 'one'],
  [2, 'set', http_types_wire.Headers, 'one'],
  [3, 'remove', 'string', 'many'],
]);

export const RequestRedirect: WireMessage<typeof pb.RequestRedirectSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.RequestRedirect', () => [
  [1, 'scheme', http_types_wire.Scheme, 'one'],
  [2, 'host', 'string', 'one'],
  [3, 'path', PathModifier, 'one'],
  [4, 'port', 'uint32', 'one'],
  [5, 'status', 'uint32', 'one'],
]);

export const PathModifier: WireMessage<typeof pb.PathModifierSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.PathModifier', () => [
  [1, 'full', 'string', 'oneof replace'],
  [2, 'prefix', 'string', 'oneof replace'],
]);

export const HttpFailureInjector: WireMessage<typeof pb.HttpFailureInjectorSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.HttpFailureInjector', () => [
  [1, 'status', 'uint32', 'one'],
  [2, 'message', 'string', 'one'],
  [3, 'ratio', Ratio, 'one'],
]);

export const Ratio: WireMessage<typeof pb.RatioSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.Ratio', () => [
  [1, 'numerator', 'uint32', 'one'],
  [2, 'denominator', 'uint32', 'one'],
]);

export const Timeouts: WireMessage<typeof pb.TimeoutsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.http_route.Timeouts', () => [
  [1, 'response', wkt_duration_wire.Duration, 'one'],
  [2, 'request', wkt_duration_wire.Duration, 'one'],
  [3, 'idle', wkt_duration_wire.Duration, 'one'],
]);
