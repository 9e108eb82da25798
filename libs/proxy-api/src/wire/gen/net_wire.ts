// Generated from net.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/net_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';

export const IPAddress: WireMessage<typeof pb.IPAddressSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.net.IPAddress', () => [
  [1, 'ipv4', 'fixed32', 'oneof ip'],
  [2, 'ipv6', IPv6, 'oneof ip'],
]);

export const IPv6: WireMessage<typeof pb.IPv6Schema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.net.IPv6', () => [
  [1, 'first', 'fixed64', 'one'],
  [2, 'last', 'fixed64', 'one'],
]);

export const IPNetwork: WireMessage<typeof pb.IPNetworkSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.net.IPNetwork', () => [
  [1, 'ip', IPAddress, 'one'],
  [2, 'prefixLen', 'uint32', 'one'],
]);

export const TcpAddress: WireMessage<typeof pb.TcpAddressSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.net.TcpAddress', () => [
  [1, 'ip', IPAddress, 'one'],
  [2, 'port', 'uint32', 'one'],
]);
