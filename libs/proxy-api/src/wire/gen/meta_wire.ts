// Generated from meta.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '../../gen/meta_pb.ts';
import { message, type WireMessage } from '../wire-message.ts';

export const Metadata: WireMessage<typeof pb.MetadataSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.meta.Metadata', () => [
  [1, 'default', 'string', 'oneof kind'],
  [2, 'resource', Resource, 'oneof kind'],
]);

export const Resource: WireMessage<typeof pb.ResourceSchema> = /*@__PURE__*/ message(
  'io.linkerd.proxy.meta.Resource', () => [
  [1, 'group', 'string', 'one'],
  [2, 'kind', 'string', 'one'],
  [3, 'name', 'string', 'one'],
  [4, 'namespace', 'string', 'one'],
  [5, 'section', 'string', 'one'],
  [6, 'port', 'uint32', 'one'],
]);
