import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt';

/** A duration message of milliseconds (fractions are kept down to the nanosecond). */
export function toDuration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  return { $typeName: 'google.protobuf.Duration', seconds: BigInt(seconds), nanos };
}

/** Milliseconds of a duration message. */
export function fromDuration(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

/** Milliseconds since the epoch of a timestamp message. */
export function fromTimestamp(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
}
