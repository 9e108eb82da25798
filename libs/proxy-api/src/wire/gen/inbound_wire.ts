// Generated from inbound.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/inbound_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as wkt_duration_wire from './wkt_duration_wire.ts';
import * as grpc_route_wire from './grpc_route_wire.ts';
import * as http_route_wire from './http_route_wire.ts';
import * as meta_wire from './meta_wire.ts';
import * as net_wire from './net_wire.ts';

export const PortSpec: WireMessage<typeof pb.PortSpecSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.PortSpec', () => [
  [1, 'workload', 'string', 'one'],
  [2, 'port', 'uint32', 'one'],
]);

export const Server: WireMessage<typeof pb.ServerSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Server', () => [
  [1, 'protocol', ProxyProtocol, 'one'],
  [2, 'serverIps', net_wire.IPAddress, 'many'],
  [3, 'authorizations', Authz, 'many'],
  [4, 'labels', 'string', 'map'],
]);

export const ProxyProtocol: WireMessage<typeof pb.ProxyProtocolSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol', () => [
  [1, 'detect', ProxyProtocol_Detect, 'oneof kind'],
  [2, 'opaque', ProxyProtocol_Opaque, 'oneof kind'],
  [3, 'tls', ProxyProtocol_Tls, 'oneof kind'],
  [4, 'http1', ProxyProtocol_Http1, 'oneof kind'],
  [5, 'http2', ProxyProtocol_Http2, 'oneof kind'],
  [6, 'grpc', ProxyProtocol_Grpc, 'oneof kind'],
]);

export const ProxyProtocol_Detect: WireMessage<typeof pb.ProxyProtocol_DetectSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Detect', () => [
  [1, 'timeout', wkt_duration_wire.Duration, 'one'],
  [3, 'httpRoutes', HttpRoute, 'many'],
  [4, 'httpLocalRateLimit', HttpLocalRateLimit, 'one'],
]);

export const ProxyProtocol_Opaque: WireMessage<typeof pb.ProxyProtocol_OpaqueSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Opaque', () => [
]);

export const ProxyProtocol_Tls: WireMessage<typeof pb.ProxyProtocol_TlsSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Tls', () => [
]);

export const ProxyProtocol_Http1: WireMessage<typeof pb.ProxyProtocol_Http1Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Http1', () => [
  [2, 'routes', HttpRoute, 'many'],
  [3, 'localRateLimit', HttpLocalRateLimit, 'one'],
]);

export const ProxyProtocol_Http2: WireMessage<typeof pb.ProxyProtocol_Http2Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Http2', () => [
  [2, 'routes', HttpRoute, 'many'],
  [3, 'localRateLimit', HttpLocalRateLimit, 'one'],
]);

export const ProxyProtocol_Grpc: WireMessage<typeof pb.ProxyProtocol_GrpcSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.ProxyProtocol.Grpc', () => [
  [2, 'routes', GrpcRoute, 'many'],
]);

export const Authz: WireMessage<typeof pb.AuthzSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Authz', () => [
  [1, 'networks', Network, 'many'],
  [2, 'authentication', Authn, 'one'],
  [3, 'labels', 'string', 'map'],
  [4, 'metadata', meta_wire.Metadata, 'one'],
]);

export const Network: WireMessage<typeof pb.NetworkSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Network', () => [
  [1, 'net', net_wire.IPNetwork, 'one'],
  [2, 'except', net_wire.IPNetwork, 'many'],
]);

export const Authn: WireMessage<typeof pb.AuthnSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Authn', () => [
  [1, 'unauthenticated', Authn_PermitUnauthenticated, 'oneof permit'],
  [2, 'meshTLS', Authn_PermitMeshTLS, 'oneof permit'],
]);

export const Authn_PermitUnauthenticated: WireMessage<typeof pb.Authn_PermitUnauthenticatedSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Authn.PermitUnauthenticated', () => [
]);

export const Authn_PermitMeshTLS: WireMessage<typeof pb.Authn_PermitMeshTLSSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Authn.PermitMeshTLS', () => [
  [1, 'unauthenticated', Authn_PermitUnauthenticated, 'oneof clients'],
  [2, 'identities', Authn_PermitMeshTLS_PermitClientIdentities, 'oneof clients'],
]);

export const Authn_PermitMeshTLS_PermitClientIdentities: WireMessage<typeof pb.Authn_PermitMeshTLS_PermitClientIdentitiesSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Authn.PermitMeshTLS.PermitClientIdentities', () => [
  [1, 'identities', Identity, 'many'],
  [2, 'suffixes', IdentitySuffix, 'many'],
]);

export const Identity: WireMessage<typeof pb.IdentitySchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.Identity', () => [
  [1, 'name', 'string', 'one'],
]);

export const IdentitySuffix: WireMessage<typeof pb.IdentitySuffixSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.IdentitySuffix', () => [
  [1, 'parts', 'string', 'many'],
]);

export const HttpRoute: WireMessage<typeof pb.HttpRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'hosts', http_route_wire.HostMatch, 'many'],
  [3, 'authorizations', Authz, 'many'],
  [4, 'rules', HttpRoute_Rule, 'many'],
]);

export const HttpRoute_Rule: WireMessage<typeof pb.HttpRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpRoute.Rule', () => [
  [1, 'matches', http_route_wire.HttpRouteMatch, 'many'],
  [2, 'filters', HttpRoute_Filter, 'many'],
]);

export const HttpRoute_Filter: WireMessage<typeof pb.HttpRoute_FilterSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpRoute.Filter', () => [
  [1, 'failureInjector', http_route_wire.HttpFailureInjector, 'oneof kind'],
  [2, 'requestHeaderModifier', http_route_wire.RequestHeaderModifier, 'oneof kind'],
  [3, 'redirect', http_route_wire.RequestRedirect, 'oneof kind'],
]);

export const GrpcRoute: WireMessage<typeof pb.GrpcRouteSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.GrpcRoute', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'hosts', http_route_wire.HostMatch, 'many'],
  [3, 'authorizations', Authz, 'many'],
  [4, 'rules', GrpcRoute_Rule, 'many'],
]);

export const GrpcRoute_Rule: WireMessage<typeof pb.GrpcRoute_RuleSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.GrpcRoute.Rule', () => [
  [1, 'matches', grpc_route_wire.GrpcRouteMatch, 'many'],
  [2, 'filters', GrpcRoute_Filter, 'many'],
]);

export const GrpcRoute_Filter: WireMessage<typeof pb.GrpcRoute_FilterSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.GrpcRoute.Filter', () => [
  [1, 'failureInjector', grpc_route_wire.GrpcFailureInjector, 'oneof kind'],
  [2, 'requestHeaderModifier', http_route_wire.RequestHeaderModifier, 'oneof kind'],
]);

export const HttpLocalRateLimit: WireMessage<typeof pb.HttpLocalRateLimitSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpLocalRateLimit', () => [
  [1, 'metadata', meta_wire.Metadata, 'one'],
  [2, 'total', HttpLocalRateLimit_Limit, 'one'],
  [3, 'identity', HttpLocalRateLimit_Limit, 'one'],
  [4, 'overrides', HttpLocalRateLimit_Override, 'many'],
]);

export const HttpLocalRateLimit_Limit: WireMessage<typeof pb.HttpLocalRateLimit_LimitSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpLocalRateLimit.Limit', () => [
  [1, 'requestsPerSecond', 'uint32', 'one'],
]);

export const HttpLocalRateLimit_Override: WireMessage<typeof pb.HttpLocalRateLimit_OverrideSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpLocalRateLimit.Override', () => [
  [1, 'limit', HttpLocalRateLimit_Limit, 'one'],
  [2, 'clients', HttpLocalRateLimit_Override_ClientIdentities, 'one'],
]);

export const HttpLocalRateLimit_Override_ClientIdentities: WireMessage<typeof pb.HttpLocalRateLimit_Override_ClientIdentitiesSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.inbound.HttpLocalRateLimit.Override.ClientIdentities', () => [
  [1, 'identities', Identity, 'many'],
]);

export const InboundServerPolicies_GetPort: WireMethod<typeof pb.PortSpecSchema, typeof pb.ServerSchema> = {
  path: '/io.linkerd.proxy.inbound.InboundServerPolicies/GetPort',
  input: PortSpec,
  output: Server,
};

export const InboundServerPolicies_WatchPort: WireMethod<typeof pb.PortSpecSchema, typeof pb.ServerSchema> = {
  path: '/io.linkerd.proxy.inbound.InboundServerPolicies/WatchPort',
  input: PortSpec,
  output: Server,
};
