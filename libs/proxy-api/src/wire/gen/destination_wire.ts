// Generated from destination.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/destination_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as wkt_duration_wire from './wkt_duration_wire.ts';
import * as http_types_wire from './http_types_wire.ts';
import * as meta_wire from './meta_wire.ts';
import * as net_wire from './net_wire.ts';

export const GetDestination: WireMessage<typeof pb.GetDestinationSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.GetDestination', () => [
  [1, 'scheme', 'string', 'one'],
  [2, 'path', 'string', 'one'],
  [3, 'contextToken', 'string', 'one'],
]);

export const Update: WireMessage<typeof pb.UpdateSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Update', () => [
  [1, 'add', WeightedAddrSet, 'oneof update'],
  [2, 'remove', AddrSet, 'oneof update'],
  [3, 'noEndpoints', NoEndpoints, 'oneof update'],
]);

export const AddrSet: WireMessage<typeof pb.AddrSetSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.AddrSet', () => [
  [1, 'addrs', net_wire.TcpAddress, 'many'],
]);

export const WeightedAddrSet: WireMessage<typeof pb.WeightedAddrSetSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.WeightedAddrSet', () => [
  [1, 'addrs', WeightedAddr, 'many'],
  [2, 'metricLabels', 'string', 'map'],
]);

export const WeightedAddr: WireMessage<typeof pb.WeightedAddrSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.WeightedAddr', () => [
  [1, 'addr', net_wire.TcpAddress, 'one'],
  [3, 'weight', 'uint32', 'one'],
  [4, 'metricLabels', 'string', 'map'],
  [5, 'tlsIdentity', TlsIdentity, 'one'],
  [6, 'protocolHint', ProtocolHint, 'one'],
  [7, 'authorityOverride', AuthorityOverride, 'one'],
  [8, 'http2', Http2ClientParams, 'one'],
  [9, 'resourceRef', meta_wire.Metadata, 'one'],
]);

export const TlsIdentity: WireMessage<typeof pb.TlsIdentitySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.TlsIdentity', () => [
  [1, 'dnsLikeIdentity', TlsIdentity_DnsLikeIdentity, 'oneof strategy'],
  [3, 'uriLikeIdentity', TlsIdentity_UriLikeIdentity, 'oneof strategy'],
  [4, 'serverName', TlsIdentity_DnsLikeIdentity, 'one'],
]);

export const TlsIdentity_DnsLikeIdentity: WireMessage<typeof pb.TlsIdentity_DnsLikeIdentitySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.TlsIdentity.DnsLikeIdentity', () => [
  [1, 'name', 'string', 'one'],
]);

export const TlsIdentity_UriLikeIdentity: WireMessage<typeof pb.TlsIdentity_UriLikeIdentitySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.TlsIdentity.UriLikeIdentity', () => [
  [1, 'uri', 'string', 'one'],
]);

export const ProtocolHint: WireMessage<typeof pb.ProtocolHintSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ProtocolHint', () => [
  [1, 'h2', ProtocolHint_H2, 'oneof protocol'],
  [3, 'opaque', ProtocolHint_Opaque, 'oneof protocol'],
  [2, 'opaqueTransport', ProtocolHint_OpaqueTransport, 'one'],
]);

export const ProtocolHint_H2: WireMessage<typeof pb.ProtocolHint_H2Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ProtocolHint.H2', () => [
]);

export const ProtocolHint_Opaque: WireMessage<typeof pb.ProtocolHint_OpaqueSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ProtocolHint.Opaque', () => [
]);

export const ProtocolHint_OpaqueTransport: WireMessage<typeof pb.ProtocolHint_OpaqueTransportSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ProtocolHint.OpaqueTransport', () => [
  [1, 'inboundPort', 'uint32', 'one'],
]);

export const AuthorityOverride: WireMessage<typeof pb.AuthorityOverrideSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.AuthorityOverride', () => [
  [1, 'authorityOverride', 'string', 'one'],
]);

export const Http2ClientParams: WireMessage<typeof pb.Http2ClientParamsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Http2ClientParams', () => [
  [1, 'flowControl', Http2ClientParams_FlowControl, 'one'],
  [2, 'keepAlive', Http2ClientParams_KeepAlive, 'one'],
  [3, 'internals', Http2ClientParams_Internals, 'one'],
]);

export const Http2ClientParams_FlowControl: WireMessage<typeof pb.Http2ClientParams_FlowControlSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Http2ClientParams.FlowControl', () => [
  [1, 'initialConnectionWindowSize', 'uint32', 'one'],
  [2, 'initialStreamWindowSize', 'uint32', 'one'],
  [3, 'adaptiveFlowControl', 'bool', 'one'],
]);

export const Http2ClientParams_KeepAlive: WireMessage<typeof pb.Http2ClientParams_KeepAliveSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Http2ClientParams.KeepAlive', () => [
  [1, 'interval', wkt_duration_wire.Duration, 'one'],
  [2, 'timeout', wkt_duration_wire.Duration, 'one'],
  [3, 'whileIdle', 'bool', 'one'],
]);

export const Http2ClientParams_Internals: WireMessage<typeof pb.Http2ClientParams_InternalsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Http2ClientParams.Internals', () => [
  [1, 'maxConcurrentResetStreams', 'uint32', 'one'],
  [2, 'maxFrameSize', 'uint32', 'one'],
  [3, 'maxSendBufSize', 'uint32', 'one'],
]);

export const NoEndpoints: WireMessage<typeof pb.NoEndpointsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.NoEndpoints', () => [
  [1, 'exists', 'bool', 'one'],
]);

export const DestinationProfile: WireMessage<typeof pb.DestinationProfileSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.DestinationProfile', () => [
  [1, 'routes', Route, 'many'],
  [2, 'retryBudget', RetryBudget, 'one'],
  [3, 'dstOverrides', WeightedDst, 'many'],
  [4, 'opaqueProtocol', 'bool', 'one'],
  [5, 'fullyQualifiedName', 'string', 'one'],
  [6, 'endpoint', WeightedAddr, 'one'],
  [7, 'parentRef', meta_wire.Metadata, 'one'],
  [8, 'profileRef', meta_wire.Metadata, 'one'],
]);

export const Route: WireMessage<typeof pb.RouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.Route', () => [
  [1, 'condition', RequestMatch, 'one'],
  [2, 'responseClasses', ResponseClass, 'many'],
  [3, 'metricsLabels', 'string', 'map'],
  [4, 'isRetryable', 'bool', 'one'],
  [5, 'timeout', wkt_duration_wire.Duration, 'one'],
]);

export const RetryBudget: WireMessage<typeof pb.RetryBudgetSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.RetryBudget', () => [
  [1, 'retryRatio', 'float', 'one'],
  [2, 'minRetriesPerSecond', 'uint32', 'one'],
  [3, 'ttl', wkt_duration_wire.Duration, 'one'],
]);

export const ResponseClass: WireMessage<typeof pb.ResponseClassSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ResponseClass', () => [
  [1, 'condition', ResponseMatch, 'one'],
  [2, 'isFailure', 'bool', 'one'],
]);

export const RequestMatch: WireMessage<typeof pb.RequestMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.RequestMatch', () => [
  [1, 'all', RequestMatch_Seq, 'oneof match'],
  [2, 'any', RequestMatch_Seq, 'oneof match'],
  [3, 'not', RequestMatch, 'oneof match'],
  [4, 'path', PathMatch, 'oneof match'],
  [5, 'method', http_types_wire.HttpMethod, 'oneof match'],
]);

export const RequestMatch_Seq: WireMessage<typeof pb.RequestMatch_SeqSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.RequestMatch.Seq', () => [
  [1, 'matches', RequestMatch, 'many'],
]);

export const PathMatch: WireMessage<typeof pb.PathMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.PathMatch', () => [
  [1, 'regex', 'string', 'one'],
]);

export const ResponseMatch: WireMessage<typeof pb.ResponseMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ResponseMatch', () => [
  [1, 'all', ResponseMatch_Seq, 'oneof match'],
  [2, 'any', ResponseMatch_Seq, 'oneof match'],
  [3, 'not', ResponseMatch, 'oneof match'],
  [4, 'status', HttpStatusRange, 'oneof match'],
]);

export const ResponseMatch_Seq: WireMessage<typeof pb.ResponseMatch_SeqSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.ResponseMatch.Seq', () => [
  [1, 'matches', ResponseMatch, 'many'],
]);

export const HttpStatusRange: WireMessage<typeof pb.HttpStatusRangeSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.HttpStatusRange', () => [
  [1, 'min', 'uint32', 'one'],
  [2, 'max', 'uint32', 'one'],
]);

export const WeightedDst: WireMessage<typeof pb.WeightedDstSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.destination.WeightedDst', () => [
  [1, 'authority', 'string', 'one'],
  [2, 'weight', 'uint32', 'one'],
  [3, 'backendRef', meta_wire.Metadata, 'one'],
]);

export const Destination_Get: WireMethod<typeof pb.GetDestinationSchema, typeof pb.UpdateSchema> = {
  path: '/io.linkerd.proxy.destination.Destination/Get',
  input: GetDestination,
  output: Update,
};

export const Destination_GetProfile: WireMethod<typeof pb.GetDestinationSchema, typeof pb.DestinationProfileSchema> = {
  path: '/io.linkerd.proxy.destination.Destination/GetProfile',
  input: GetDestination,
  output: DestinationProfile,
};
