// Generated from outbound.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/outbound_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as destination_wire from './destination_wire.ts';
import * as wkt_duration_wire from './wkt_duration_wire.ts';
import * as grpc_route_wire from './grpc_route_wire.ts';
import * as http_route_wire from './http_route_wire.ts';
import * as meta_wire from './meta_wire.ts';
import * as net_wire from './net_wire.ts';
import * as tls_route_wire from './tls_route_wire.ts';

export const TrafficSpec: WireMessage<typeof pb.TrafficSpecSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TrafficSpec', () => [
  [1, 'sourceWorkload', 'string', 'one'],
  [2, 'addr', net_wire.TcpAddress, 'oneof target'],
  [3, 'authority', 'string', 'oneof target'],
]);

export const OutboundPolicy: WireMessage<typeof pb.OutboundPolicySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OutboundPolicy', () => [
  [1, 'protocol', ProxyProtocol, 'one'],
  [2, 'metadata', meta_wire.Metadata, 'one'],
]);

export const ProxyProtocol: WireMessage<typeof pb.ProxyProtocolSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol', () => [
  [1, 'detect', ProxyProtocol_Detect, 'oneof kind'],
  [2, 'opaque', ProxyProtocol_Opaque, 'oneof kind'],
  [3, 'http1', ProxyProtocol_Http1, 'oneof kind'],
  [4, 'http2', ProxyProtocol_Http2, 'oneof kind'],
  [5, 'grpc', ProxyProtocol_Grpc, 'oneof kind'],
  [6, 'tls', ProxyProtocol_Tls, 'oneof kind'],
]);

export const ProxyProtocol_Detect: WireMessage<typeof pb.ProxyProtocol_DetectSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Detect', () => [
  [1, 'timeout', wkt_duration_wire.Duration, 'one'],
  [2, 'opaque', ProxyProtocol_Opaque, 'one'],
  [3, 'http1', ProxyProtocol_Http1, 'one'],
  [4, 'http2', ProxyProtocol_Http2, 'one'],
]);

export const ProxyProtocol_Opaque: WireMessage<typeof pb.ProxyProtocol_OpaqueSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Opaque', () => [
  [1, 'routes', OpaqueRoute, 'many'],
]);

export const ProxyProtocol_Http1: WireMessage<typeof pb.ProxyProtocol_Http1Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Http1', () => [
  [1, 'routes', HttpRoute, 'many'],
  [2, 'failureAccrual', FailureAccrual, 'one'],
]);

export const ProxyProtocol_Http2: WireMessage<typeof pb.ProxyProtocol_Http2Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Http2', () => [
  [1, 'routes', HttpRoute, 'many'],
  [2, 'failureAccrual', FailureAccrual, 'one'],
]);

export const ProxyProtocol_Grpc: WireMessage<typeof pb.ProxyProtocol_GrpcSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Grpc', () => [
  [1, 'routes', GrpcRoute, 'many'],
  [2, 'failureAccrual', FailureAccrual, 'one'],
]);

export const ProxyProtocol_Tls: WireMessage<typeof pb.ProxyProtocol_TlsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ProxyProtocol.Tls', () => [
  [1, 'routes', TlsRoute, 'many'],
]);

export const HttpRoute: WireMessage<typeof pb.HttpRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'hosts', http_route_wire.HostMatch, 'many'],
  [3, 'rules', HttpRoute_Rule, 'many'],
]);

export const HttpRoute_Rule: WireMessage<typeof pb.HttpRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Rule', () => [
  [1, 'matches', http_route_wire.HttpRouteMatch, 'many'],
  [2, 'filters', HttpRoute_Filter, 'many'],
  [3, 'backends', HttpRoute_Distribution, 'one'],
  [4, 'requestTimeout', wkt_duration_wire.Duration, 'one'],
  [5, 'timeouts', http_route_wire.Timeouts, 'one'],
  [6, 'retry', HttpRoute_Retry, 'one'],
  [7, 'allowL5dRequestHeaders', 'bool', 'one'],
]);

export const HttpRoute_Filter: WireMessage<typeof pb.HttpRoute_FilterSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Filter', () => [
  [1, 'failureInjector', http_route_wire.HttpFailureInjector, 'oneof kind'],
  [2, 'requestHeaderModifier', http_route_wire.RequestHeaderModifier, 'oneof kind'],
  [3, 'redirect', http_route_wire.RequestRedirect, 'oneof kind'],
  [4, 'responseHeaderModifier', http_route_wire.ResponseHeaderModifier, 'oneof kind'],
]);

export const HttpRoute_Distribution: WireMessage<typeof pb.HttpRoute_DistributionSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Distribution', () => [
  [1, 'empty', HttpRoute_Distribution_Empty, 'oneof kind'],
  [2, 'firstAvailable', HttpRoute_Distribution_FirstAvailable, 'oneof kind'],
  [3, 'randomAvailable', HttpRoute_Distribution_RandomAvailable, 'oneof kind'],
]);

export const HttpRoute_Distribution_Empty: WireMessage<typeof pb.HttpRoute_Distribution_EmptySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Distribution.Empty', () => [
]);

export const HttpRoute_Distribution_FirstAvailable: WireMessage<typeof pb.HttpRoute_Distribution_FirstAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Distribution.FirstAvailable', () => [
  [1, 'backends', HttpRoute_RouteBackend, 'many'],
]);

export const HttpRoute_Distribution_RandomAvailable: WireMessage<typeof pb.HttpRoute_Distribution_RandomAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Distribution.RandomAvailable', () => [
  [1, 'backends', HttpRoute_WeightedRouteBackend, 'many'],
]);

export const HttpRoute_RouteBackend: WireMessage<typeof pb.HttpRoute_RouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.RouteBackend', () => [
  [1, 'backend', Backend, 'one'],
  [3, 'filters', HttpRoute_Filter, 'many'],
]);

export const HttpRoute_WeightedRouteBackend: WireMessage<typeof pb.HttpRoute_WeightedRouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.WeightedRouteBackend', () => [
  [1, 'backend', HttpRoute_RouteBackend, 'one'],
  [2, 'weight', 'uint32', 'one'],
]);

export const HttpRoute_Retry: WireMessage<typeof pb.HttpRoute_RetrySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Retry', () => [
  [1, 'maxRetries', 'uint32', 'one'],
  [2, 'maxRequestBytes', 'uint32', 'one'],
  [3, 'conditions', HttpRoute_Retry_Conditions, 'one'],
  [4, 'timeout', wkt_duration_wire.Duration, 'one'],
  [5, 'backoff', ExponentialBackoff, 'one'],
]);

export const HttpRoute_Retry_Conditions: WireMessage<typeof pb.HttpRoute_Retry_ConditionsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Retry.Conditions', () => [
  [1, 'statusRanges', HttpRoute_Retry_Conditions_StatusRange, 'many'],
]);

export const HttpRoute_Retry_Conditions_StatusRange: WireMessage<typeof pb.HttpRoute_Retry_Conditions_StatusRangeSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.HttpRoute.Retry.Conditions.StatusRange', () => [
  [1, 'start', 'uint32', 'one'],
  [2, 'end', 'uint32', 'one'],
]);

export const GrpcRoute: WireMessage<typeof pb.GrpcRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'hosts', http_route_wire.HostMatch, 'many'],
  [3, 'rules', GrpcRoute_Rule, 'many'],
]);

export const GrpcRoute_Rule: WireMessage<typeof pb.GrpcRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Rule', () => [
  [1, 'matches', grpc_route_wire.GrpcRouteMatch, 'many'],
  [2, 'filters', GrpcRoute_Filter, 'many'],
  [3, 'backends', GrpcRoute_Distribution, 'one'],
  [4, 'requestTimeout', wkt_duration_wire.Duration, 'one'],
  [5, 'timeouts', http_route_wire.Timeouts, 'one'],
  [6, 'retry', GrpcRoute_Retry, 'one'],
  [7, 'allowL5dRequestHeaders', 'bool', 'one'],
]);

export const GrpcRoute_Filter: WireMessage<typeof pb.GrpcRoute_FilterSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Filter', () => [
  [1, 'failureInjector', grpc_route_wire.GrpcFailureInjector, 'oneof kind'],
  [2, 'requestHeaderModifier', http_route_wire.RequestHeaderModifier, 'oneof kind'],
]);

export const GrpcRoute_Distribution: WireMessage<typeof pb.GrpcRoute_DistributionSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Distribution', () => [
  [1, 'empty', GrpcRoute_Distribution_Empty, 'oneof kind'],
  [2, 'firstAvailable', GrpcRoute_Distribution_FirstAvailable, 'oneof kind'],
  [3, 'randomAvailable', GrpcRoute_Distribution_RandomAvailable, 'oneof kind'],
]);

export const GrpcRoute_Distribution_Empty: WireMessage<typeof pb.GrpcRoute_Distribution_EmptySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Distribution.Empty', () => [
]);

export const GrpcRoute_Distribution_FirstAvailable: WireMessage<typeof pb.GrpcRoute_Distribution_FirstAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Distribution.FirstAvailable', () => [
  [1, 'backends', GrpcRoute_RouteBackend, 'many'],
]);

export const GrpcRoute_Distribution_RandomAvailable: WireMessage<typeof pb.GrpcRoute_Distribution_RandomAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Distribution.RandomAvailable', () => [
  [1, 'backends', GrpcRoute_WeightedRouteBackend, 'many'],
]);

export const GrpcRoute_RouteBackend: WireMessage<typeof pb.GrpcRoute_RouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.RouteBackend', () => [
  [1, 'backend', Backend, 'one'],
  [3, 'filters', GrpcRoute_Filter, 'many'],
]);

export const GrpcRoute_WeightedRouteBackend: WireMessage<typeof pb.GrpcRoute_WeightedRouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.WeightedRouteBackend', () => [
  [1, 'backend', GrpcRoute_RouteBackend, 'one'],
  [2, 'weight', 'uint32', 'one'],
]);

export const GrpcRoute_Retry: WireMessage<typeof pb.GrpcRoute_RetrySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Retry', () => [
  [1, 'maxRetries', 'uint32', 'one'],
  [2, 'maxRequestBytes', 'uint32', 'one'],
  [3, 'conditions', GrpcRoute_Retry_Conditions, 'one'],
  [4, 'timeout', wkt_duration_wire.Duration, 'one'],
  [5, 'backoff', ExponentialBackoff, 'one'],
]);

export const GrpcRoute_Retry_Conditions: WireMessage<typeof pb.GrpcRoute_Retry_ConditionsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.GrpcRoute.Retry.Conditions', () => [
  [1, 'cancelled', 'bool', 'one'],
  [4, 'deadineExceeded', 'bool', 'one'],
  [8, 'resourceExhausted', 'bool', 'one'],
  [13, 'internal', 'bool', 'one'],
  [14, 'unavailable', 'bool', 'one'],
]);

export const OpaqueRoute: WireMessage<typeof pb.OpaqueRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [3, 'rules', OpaqueRoute_Rule, 'many'],
]);

export const OpaqueRoute_Rule: WireMessage<typeof pb.OpaqueRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.Rule', () => [
  [1, 'backends', OpaqueRoute_Distribution, 'one'],
  [2, 'filters', ConnectionFilter, 'many'],
]);

export const OpaqueRoute_Distribution: WireMessage<typeof pb.OpaqueRoute_DistributionSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.Distribution', () => [
  [1, 'empty', OpaqueRoute_Distribution_Empty, 'oneof kind'],
  [2, 'firstAvailable', OpaqueRoute_Distribution_FirstAvailable, 'oneof kind'],
  [3, 'randomAvailable', OpaqueRoute_Distribution_RandomAvailable, 'oneof kind'],
]);

export const OpaqueRoute_Distribution_Empty: WireMessage<typeof pb.OpaqueRoute_Distribution_EmptySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.Distribution.Empty', () => [
]);

export const OpaqueRoute_Distribution_FirstAvailable: WireMessage<typeof pb.OpaqueRoute_Distribution_FirstAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.Distribution.FirstAvailable', () => [
  [1, 'backends', OpaqueRoute_RouteBackend, 'many'],
]);

export const OpaqueRoute_Distribution_RandomAvailable: WireMessage<typeof pb.OpaqueRoute_Distribution_RandomAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.Distribution.RandomAvailable', () => [
  [1, 'backends', OpaqueRoute_WeightedRouteBackend, 'many'],
]);

export const OpaqueRoute_RouteBackend: WireMessage<typeof pb.OpaqueRoute_RouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.RouteBackend', () => [
  [1, 'backend', Backend, 'one'],
  [3, 'filters', ConnectionFilter, 'many'],
]);

export const OpaqueRoute_WeightedRouteBackend: WireMessage<typeof pb.OpaqueRoute_WeightedRouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.OpaqueRoute.WeightedRouteBackend', () => [
  [1, 'backend', OpaqueRoute_RouteBackend, 'one'],
  [2, 'weight', 'uint32', 'one'],
]);

export const TlsRoute: WireMessage<typeof pb.TlsRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'snis', tls_route_wire.SniMatch, 'many'],
  [3, 'rules', TlsRoute_Rule, 'many'],
]);

export const TlsRoute_Rule: WireMessage<typeof pb.TlsRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.Rule', () => [
  [1, 'backends', TlsRoute_Distribution, 'one'],
  [2, 'filters', ConnectionFilter, 'many'],
]);

export const TlsRoute_Distribution: WireMessage<typeof pb.TlsRoute_DistributionSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.Distribution', () => [
  [1, 'empty', TlsRoute_Distribution_Empty, 'oneof kind'],
  [2, 'firstAvailable', TlsRoute_Distribution_FirstAvailable, 'oneof kind'],
  [3, 'randomAvailable', TlsRoute_Distribution_RandomAvailable, 'oneof kind'],
]);

export const TlsRoute_Distribution_Empty: WireMessage<typeof pb.TlsRoute_Distribution_EmptySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.Distribution.Empty', () => [
]);

export const TlsRoute_Distribution_FirstAvailable: WireMessage<typeof pb.TlsRoute_Distribution_FirstAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.Distribution.FirstAvailable', () => [
  [1, 'backends', TlsRoute_RouteBackend, 'many'],
]);

export const TlsRoute_Distribution_RandomAvailable: WireMessage<typeof pb.TlsRoute_Distribution_RandomAvailableSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.Distribution.RandomAvailable', () => [
  [1, 'backends', TlsRoute_WeightedRouteBackend, 'many'],
]);

export const TlsRoute_RouteBackend: WireMessage<typeof pb.TlsRoute_RouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.RouteBackend', () => [
  [1, 'backend', Backend, 'one'],
  [3, 'filters', ConnectionFilter, 'many'],
]);

export const TlsRoute_WeightedRouteBackend: WireMessage<typeof pb.TlsRoute_WeightedRouteBackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.TlsRoute.WeightedRouteBackend', () => [
  [1, 'backend', TlsRoute_RouteBackend, 'one'],
  [2, 'weight', 'uint32', 'one'],
]);

export const ConnectionFilter: WireMessage<typeof pb.ConnectionFilterSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ConnectionFilter', () => [
  [1, 'invalid', ConnectionFilter_Invalid, 'oneof kind'],
  [2, 'forbidden', ConnectionFilter_Forbidden, 'oneof kind'],
]);

export const ConnectionFilter_Invalid: WireMessage<typeof pb.ConnectionFilter_InvalidSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ConnectionFilter.Invalid', () => [
  [1, 'message', 'string', 'one'],
]);

export const ConnectionFilter_Forbidden: WireMessage<typeof pb.ConnectionFilter_ForbiddenSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ConnectionFilter.Forbidden', () => [
]);

export const Backend: WireMessage<typeof pb.BackendSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'forward', destination_wire.WeightedAddr, 'oneof kind'],
  [3, 'balancer', Backend_BalanceP2c, 'oneof kind'],
  [4, 'queue', Queue, 'one'],
]);

export const Backend_EndpointDiscovery: WireMessage<typeof pb.Backend_EndpointDiscoverySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend.EndpointDiscovery', () => [
  [1, 'dst', Backend_EndpointDiscovery_DestinationGet, 'oneof kind'],
]);

export const Backend_EndpointDiscovery_DestinationGet: WireMessage<typeof pb.Backend_EndpointDiscovery_DestinationGetSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend.EndpointDiscovery.DestinationGet', () => [
  [1, 'path', 'string', 'one'],
]);

export const Backend_BalanceP2c: WireMessage<typeof pb.Backend_BalanceP2cSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend.BalanceP2c', () => [
  [1, 'discovery', Backend_EndpointDiscovery, 'one'],
  [2, 'peakEwma', Backend_BalanceP2c_PeakEwma, 'oneof load'],
  [3, 'penaltyPeakEwma', Backend_BalanceP2c_PenaltyPeakEwma, 'oneof load'],
]);

export const Backend_BalanceP2c_PeakEwma: WireMessage<typeof pb.Backend_BalanceP2c_PeakEwmaSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend.BalanceP2c.PeakEwma', () => [
  [1, 'defaultRtt', wkt_duration_wire.Duration, 'one'],
  [2, 'decay', wkt_duration_wire.Duration, 'one'],
]);

export const Backend_BalanceP2c_PenaltyPeakEwma: WireMessage<typeof pb.Backend_BalanceP2c_PenaltyPeakEwmaSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Backend.BalanceP2c.PenaltyPeakEwma', () => [
  [1, 'defaultRtt', wkt_duration_wire.Duration, 'one'],
  [2, 'decay', wkt_duration_wire.Duration, 'one'],
  [3, 'penalty', wkt_duration_wire.Duration, 'one'],
  [4, 'maxRetryAfter', wkt_duration_wire.Duration, 'one'],
  [5, 'penaltyDecay', wkt_duration_wire.Duration, 'one'],
]);

export const Queue: WireMessage<typeof pb.QueueSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.Queue', () => [
  [1, 'capacity', 'uint32', 'one'],
  [2, 'failfastTimeout', wkt_duration_wire.Duration, 'one'],
]);

export const FailureAccrual: WireMessage<typeof pb.FailureAccrualSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.FailureAccrual', () => [
  [1, 'consecutiveFailures', FailureAccrual_ConsecutiveFailures, 'oneof kind'],
  [2, 'unified', FailureAccrual_Unified, 'oneof kind'],
  [3, 'ejection', FailureAccrual_Ejection, 'one'],
]);

export const FailureAccrual_ConsecutiveFailures: WireMessage<typeof pb.FailureAccrual_ConsecutiveFailuresSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.FailureAccrual.ConsecutiveFailures', () => [
  [1, 'maxFailures', 'uint32', 'one'],
  [2, 'backoff', ExponentialBackoff, 'one'],
]);

export const FailureAccrual_Unified: WireMessage<typeof pb.FailureAccrual_UnifiedSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.FailureAccrual.Unified', () => [
  [1, 'successRateThreshold', 'double', 'one'],
  [2, 'decay', wkt_duration_wire.Duration, 'one'],
  [3, 'minRequests', 'uint32', 'one'],
  [4, 'maxConsecutiveFailures', 'uint32', 'one'],
  [5, 'backoff', ExponentialBackoff, 'one'],
]);

export const FailureAccrual_Ejection: WireMessage<typeof pb.FailureAccrual_EjectionSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.FailureAccrual.Ejection', () => [
  [1, 'minReadyEndpoints', 'uint32', 'one'],
]);

export const ExponentialBackoff: WireMessage<typeof pb.ExponentialBackoffSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.outbound.ExponentialBackoff', () => [
  [1, 'minBackoff', wkt_duration_wire.Duration, 'one'],
  [2, 'maxBackoff', wkt_duration_wire.Duration, 'one'],
  [3, 'jitterRatio', 'float', 'one'],
  [4, 'respectRetryAfterHint', 'bool', 'one'],
]);

export const OutboundPolicies_Get: WireMethod<typeof pb.TrafficSpecSchema, typeof pb.OutboundPolicySchema> = {
  path: '/io.linkerd.proxy.outbound.OutboundPolicies/Get',
  input: TrafficSpec,
  output: OutboundPolicy,
};

export const OutboundPolicies_Watch: WireMethod<typeof pb.TrafficSpecSchema, typeof pb.OutboundPolicySchema> = {
  path: '/io.linkerd.proxy.outbound.OutboundPolicies/Watch',
  input: TrafficSpec,
  output: OutboundPolicy,
};
