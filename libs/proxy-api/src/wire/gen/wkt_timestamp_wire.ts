// Generated from google/protobuf/timestamp.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '@bufbuild/protobuf/wkt';
import { message, type WireMessage } from '../wire-message.ts';

export const Timestamp: WireMessage<typeof pb.TimestampSchema> = /*@__PURE__*/ message(
  'google.protobuf.Timestamp', () => [
  [1, 'seconds', 'int64', 'one'],
  [2, 'nanos', 'int32', 'one'],
]);
