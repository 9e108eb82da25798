// Generated from transport_header.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/transport_header_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';

export const Header: WireMessage<typeof pb.HeaderSchema> = /*@__PURE__*/ message(
  'transport.l5d.io.Header', () => [
  [1, 'port', 'int32', 'one'],
  [2, 'name', 'string', 'one'],
  [3, 'sessionProtocol', SessionProtocol, 'one'],
]);

export const SessionProtocol: WireMessage<typeof pb.SessionProtocolSchema> = /*@__PURE__*/ message(
  'transport.l5d.io.SessionProtocol', () => [
  [1, 'http1', SessionProtocol_Http1, 'oneof kind'],
  [2, 'http2', SessionProtocol_Http2, 'oneof kind'],
]);

export const SessionProtocol_Http1: WireMessage<typeof pb.SessionProtocol_Http1Schema> = /*@__PURE__*/ message(
  'transport.l5d.io.SessionProtocol.Http1', () => [
]);

export const SessionProtocol_Http2: WireMessage<typeof pb.SessionProtocol_Http2Schema> = /*@__PURE__*/ message(
  'transport.l5d.io.SessionProtocol.Http2', () => [
]);
