/** The proxy API for programs that must be small: the codec and its tables, none of protobuf-es at run time. */
export { decode, WireError } from './decode.ts';
export { encode } from './encode.ts';
export type { WireMessage, WireMethod } from './wire-message.ts';
export * as destinationWire from './gen/destination_wire.ts';
export * as identityWire from './gen/identity_wire.ts';
export * as inboundWire from './gen/inbound_wire.ts';
export * as outboundWire from './gen/outbound_wire.ts';
export * as tapWire from './gen/tap_wire.ts';
export * as transportHeaderWire from './gen/transport_header_wire.ts';
export * as exchangesWire from './gen/tulle_tap_wire.ts';
