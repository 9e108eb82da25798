// Generated from tls_route.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/tls_route_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';

export const SniMatch: WireMessage<typeof pb.SniMatchSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tls_route.SniMatch', () => [
  [1, 'exact', 'string', 'oneof match'],
  [2, 'suffix', SniMatch_Suffix, 'oneof match'],
]);

export const SniMatch_Suffix: WireMessage<typeof pb.SniMatch_SuffixSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.tls_route.SniMatch.Suffix', () => [
  [1, 'reverseLabels', 'string', 'many'],
]);
