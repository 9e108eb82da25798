// Generated from google/protobuf/duration.proto by scripts/generate-wire.ts; not to be edited.
import type * as pb from '@bufbuild/protobuf/wkt';
import { message, type WireMessage } from '../wire-message.ts';

export const Duration: WireMessage<typeof pb.DurationSchema> = /*@__PURE__*/ message(
  'google.protobuf.Duration', () => [
  [1, 'seconds', 'int64', 'one'],
  [2, 'nanos', 'int32', 'one'],
]);
