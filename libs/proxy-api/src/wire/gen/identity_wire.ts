// Generated from identity.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/identity_pb.ts';
import { message, type WireMessage, type WireMethod } from '../wire-message.ts';
import * as wkt_timestamp_wire from './wkt_timestamp_wire.ts';

export const CertifyRequest: WireMessage<typeof pb.CertifyRequestSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.identity.CertifyRequest', () => [
  [1, 'identity', 'string', 'one'],
  [2, 'token', 'bytes', 'one'],
  [3, 'certificateSigningRequest', 'bytes', 'one'],
]);

export const CertifyResponse: WireMessage<typeof pb.CertifyResponseSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.identity.CertifyResponse', () => [
  [1, 'leafCertificate', 'bytes', 'one'],
  [2, 'intermediateCertificates', 'bytes', 'many'],
  [3, 'validUntil', wkt_timestamp_wire.Timestamp, 'one'],
]);

export const Identity_Certify: WireMethod<typeof pb.CertifyRequestSchema, typeof pb.CertifyResponseSchema> = {
  path: '/io.linkerd.proxy.identity.Identity/Certify',
  input: CertifyRequest,
  output: CertifyResponse,
};
