/** Linkerd's proxy API. Policy has names of its own that clash with discovery's, so it comes as namespaces. */
export * from './gen/destination_pb.ts';
export * from './gen/http_types_pb.ts';
export * from './gen/identity_pb.ts';
export * from './gen/net_pb.ts';
export * from './gen/tap_pb.ts';
export * from './gen/tulle_tap_pb.ts';
export * as vizTap from './gen/viz_tap_pb.ts';
export * as grpcRoute from './gen/grpc_route_pb.ts';
export * as httpRoute from './gen/http_route_pb.ts';
export * as inbound from './gen/inbound_pb.ts';
export * as meta from './gen/meta_pb.ts';
export * as outbound from './gen/outbound_pb.ts';
export * as tlsRoute from './gen/tls_route_pb.ts';
export * as transportHeader from './gen/transport_header_pb.ts';
export * from './convert/ip-address.ts';
export * from './convert/http-names.ts';
export * from './convert/duration.ts';
