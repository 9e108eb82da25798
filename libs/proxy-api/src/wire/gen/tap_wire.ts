// Generated from tap.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/tap_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as wkt_duration_wire from './wkt_duration_wire.ts';
import * as http_types_wire from './http_types_wire.ts';
import * as net_wire from './net_wire.ts';

export const ObserveRequest: WireMessage<typeof pb.ObserveRequestSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest', () => [
  [1, 'limit', 'uint32', 'one'],
  [2, 'match', ObserveRequest_Match, 'one'],
  [3, 'extract', ObserveRequest_Extract, 'one'],
]);

export const ObserveRequest_Match: WireMessage<typeof pb.ObserveRequest_MatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match', () => [
  [1, 'all', ObserveRequest_Match_Seq, 'oneof match'],
  [2, 'any', ObserveRequest_Match_Seq, 'oneof match'],
  [3, 'not', ObserveRequest_Match, 'oneof match'],
  [4, 'source', ObserveRequest_Match_Tcp, 'oneof match'],
  [5, 'destination', ObserveRequest_Match_Tcp, 'oneof match'],
  [6, 'http', ObserveRequest_Match_Http, 'oneof match'],
  [7, 'destinationLabel', ObserveRequest_Match_Label, 'oneof match'],
  [8, 'routeLabel', ObserveRequest_Match_Label, 'oneof match'],
]);

export const ObserveRequest_Match_Seq: WireMessage<typeof pb.ObserveRequest_Match_SeqSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Seq', () => [
  [1, 'matches', ObserveRequest_Match, 'many'],
]);

export const ObserveRequest_Match_Label: WireMessage<typeof pb.ObserveRequest_Match_LabelSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Label', () => [
  [1, 'key', 'string', 'one'],
  [2, 'value', 'string', 'one'],
]);

export const ObserveRequest_Match_Tcp: WireMessage<typeof pb.ObserveRequest_Match_TcpSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Tcp', () => [
  [1, 'netmask', ObserveRequest_Match_Tcp_Netmask, 'oneof match'],
  [3, 'ports', ObserveRequest_Match_Tcp_PortRange, 'oneof match'],
]);

export const ObserveRequest_Match_Tcp_Netmask: WireMessage<typeof pb.ObserveRequest_Match_Tcp_NetmaskSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Tcp.Netmask', () => [
  [1, 'ip', net_wire.IPAddress, 'one'],
  [2, 'mask', 'uint32', 'one'],
]);

export const ObserveRequest_Match_Tcp_PortRange: WireMessage<typeof pb.ObserveRequest_Match_Tcp_PortRangeSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Tcp.PortRange', () => [
  [1, 'min', 'uint32', 'one'],
  [2, 'max', 'uint32', 'one'],
]);

export const ObserveRequest_Match_Http: WireMessage<typeof pb.ObserveRequest_Match_HttpSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Http', () => [
  [1, 'scheme', http_types_wire.Scheme, 'oneof match'],
  [2, 'authority', ObserveRequest_Match_Http_StringMatch, 'oneof match'],
  [3, 'method', http_types_wire.HttpMethod, 'oneof match'],
  [4, 'path', ObserveRequest_Match_Http_StringMatch, 'oneof match'],
]);

export const ObserveRequest_Match_Http_StringMatch: WireMessage<typeof pb.ObserveRequest_Match_Http_StringMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Match.Http.StringMatch', () => [
  [1, 'exact', 'string', 'oneof match'],
  [2, 'prefix', 'string', 'oneof match'],
]);

export const ObserveRequest_Extract: WireMessage<typeof pb.ObserveRequest_ExtractSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Extract', () => [
  [1, 'http', ObserveRequest_Extract_Http, 'oneof extract'],
]);

export const ObserveRequest_Extract_Http: WireMessage<typeof pb.ObserveRequest_Extract_HttpSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Extract.Http', () => [
  [1, 'headers', ObserveRequest_Extract_Http_Headers, 'oneof extract'],
]);

export const ObserveRequest_Extract_Http_Headers: WireMessage<typeof pb.ObserveRequest_Extract_Http_HeadersSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.ObserveRequest.Extract.Http.Headers', () => [
]);

export const Eos: WireMessage<typeof pb.EosSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.Eos', () => [
  [1, 'grpcStatusCode', 'uint32', 'oneof end'],
  [2, 'resetErrorCode', 'uint32', 'oneof end'],
]);

export const TapEvent: WireMessage<typeof pb.TapEventSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent', () => [
  [1, 'source', net_wire.TcpAddress, 'one'],
  [5, 'sourceMeta', TapEvent_EndpointMeta, 'one'],
  [7, 'routeMeta', TapEvent_RouteMeta, 'one'],
  [2, 'destination', net_wire.TcpAddress, 'one'],
  [4, 'destinationMeta', TapEvent_EndpointMeta, 'one'],
  [6, 'proxyDirection', 'int32', 'one'],
  [3, 'http', TapEvent_Http, 'oneof event'],
]);

export const TapEvent_EndpointMeta: WireMessage<typeof pb.TapEvent_EndpointMetaSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.EndpointMeta', () => [
  [1, 'labels', 'string', 'map'],
]);

export const TapEvent_RouteMeta: WireMessage<typeof pb.TapEvent_RouteMetaSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.RouteMeta', () => [
  [1, 'labels', 'string', 'map'],
]);

export const TapEvent_Http: WireMessage<typeof pb.TapEvent_HttpSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.Http', () => [
  [1, 'requestInit', TapEvent_Http_RequestInit, 'oneof event'],
  [2, 'responseInit', TapEvent_Http_ResponseInit, 'oneof event'],
  [3, 'responseEnd', TapEvent_Http_ResponseEnd, 'oneof event'],
]);

export const TapEvent_Http_StreamId: WireMessage<typeof pb.TapEvent_Http_StreamIdSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.Http.StreamId', () => [
  [1, 'base', 'uint32', 'one'],
  [2, 'stream', 'uint64', 'one'],
]);

export const TapEvent_Http_RequestInit: WireMessage<typeof pb.TapEvent_Http_RequestInitSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.Http.RequestInit', () => [
  [1, 'id', TapEvent_Http_StreamId, 'one'],
  [2, 'method', http_types_wire.HttpMethod, 'one'],
  [3, 'scheme', http_types_wire.Scheme, 'one'],
  [4, 'authority', 'string', 'one'],
  [5, 'path', 'string', 'one'],
  [6, 'headers', http_types_wire.Headers, 'one'],
]);

export const TapEvent_Http_ResponseInit: WireMessage<typeof pb.TapEvent_Http_ResponseInitSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.Http.ResponseInit', () => [
  [1, 'id', TapEvent_Http_StreamId, 'one'],
  [2, 'sinceRequestInit', wkt_duration_wire.Duration, 'one'],
  [3, 'httpStatus', 'uint32', 'one'],
  [4, 'headers', http_types_wire.Headers, 'one'],
]);

export const TapEvent_Http_ResponseEnd: WireMessage<typeof pb.TapEvent_Http_ResponseEndSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tap.TapEvent.Http.ResponseEnd', () => [
  [1, 'id', TapEvent_Http_StreamId, 'one'],
  [2, 'sinceRequestInit', wkt_duration_wire.Duration, 'one'],
  [3, 'sinceResponseInit', wkt_duration_wire.Duration, 'one'],
  [4, 'responseBytes', 'uint64', 'one'],
  [5, 'eos', Eos, 'one'],
  [6, 'trailers', http_types_wire.Headers, 'one'],
]);

export const Tap_Observe: WireMethod<typeof pb.ObserveRequestSchema, typeof pb.TapEventSchema> = {
  path: '/io.linkerd.proxy.tap.Tap/Observe',
  input: ObserveRequest,
  output: TapEvent,
};
