import { TulleError } from '@tulle/model';

const NEWLINE = 0x0a;
/** An object in etcd has at most 1.5 MiB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Calls `onLine` with each non-empty line of a stream. Bytes are searched, and only whole lines are decoded, so that a
 * character or a line split over chunks costs nothing extra.
 * @throws TulleError `internal` for a line longer than 16 MiB; whatever the stream or `onLine` throws.
 */
export async function splitLines(
  chunks: AsyncIterable<Buffer>,
  onLine: (line: string) => void,
): Promise<void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const line = pendingBytes === 0 ? piece : Buffer.concat([...pending, piece]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) onLine(line.toString('utf8'));
    }
    if (start === chunk.length) continue;
    const rest = chunk.subarray(start);
    pending.push(rest);
    pendingBytes += rest.length;
    if (pendingBytes > MAX_LINE_BYTES) {
      throw new TulleError('internal', 'The Kubernetes API sent a line longer than 16 MiB.');
    }
  }
}
