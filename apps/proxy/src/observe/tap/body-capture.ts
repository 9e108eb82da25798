import { Body_Omission, type BodySchema } from '@tulle/proxy-api';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { BodyTap } from '../../stack/http-service.ts';
import { redactText } from './redact.ts';

/** Of what a body's head says, as far as showing the body needs it. */
export interface BodyHead {
  /** First value of the field; `name` in lower case. */
  header(name: string): string | undefined;
}

/** Types people can read, beside `text/*` and what ends in `+json` or `+xml`. */
const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/x-ndjson',
  'application/xml',
  'application/yaml',
  'application/graphql',
  'application/javascript',
  'application/x-www-form-urlencoded',
]);

/** Keeps the first bytes of one body. Anything but text is only counted. */
export class BodyPart {
  readonly #maxBytes: number;
  #omission: Body_Omission = Body_Omission.NOT_TEXT;
  #isChunked = false;
  #chunks: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;

  /** @param maxBytes kept at most, framing of HTTP/1 chunks included. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Once, before the first byte. */
  begin(head: BodyHead): void {
    this.#isChunked = /\bchunked\b/i.test(head.header('transfer-encoding') ?? '');
    const encoding = head.header('content-encoding') ?? 'identity';
    if (!isText(head.header('content-type') ?? '')) this.#omission = Body_Omission.NOT_TEXT;
    else if (encoding.trim().toLowerCase() !== 'identity')
      this.#omission = Body_Omission.COMPRESSED;
    else this.#omission = Body_Omission.NONE;
  }

  /** Copies what it keeps. */
  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = this.#maxBytes - this.#keptBytes;
    if (room <= 0 || this.#omission !== Body_Omission.NONE) return;
    const kept = Buffer.from(chunk.subarray(0, room));
    this.#keptBytes += kept.length;
    this.#chunks.push(kept);
  }

  toMessage(): MessageInitShape<typeof BodySchema> {
    const raw = Buffer.concat(this.#chunks);
    const content = this.#isChunked ? withoutChunkFraming(raw) : raw;
    // Streaming: the beginning of a character that was cut in two is left out.
    const text = new TextDecoder('utf-8').decode(content, { stream: true });
    return {
      text: redactText(text),
      bytes: BigInt(this.#bytes),
      isTruncated: this.#omission === Body_Omission.NONE && this.#bytes > this.#keptBytes,
      omission: this.#omission,
    };
  }
}

/** Both bodies of one exchange. */
export class BodyCapture implements BodyTap {
  readonly requestPart: BodyPart;
  readonly responsePart: BodyPart;
  readonly #maxBytes: number;

  /** @param requestPart of the attempt before, where it is another attempt. */
  constructor(maxBytes: number, requestPart: BodyPart = new BodyPart(maxBytes)) {
    this.#maxBytes = maxBytes;
    this.requestPart = requestPart;
    this.responsePart = new BodyPart(maxBytes);
  }

  request(chunk: Buffer): void {
    this.requestPart.add(chunk);
  }

  response(chunk: Buffer): void {
    this.responsePart.add(chunk);
  }

  /** For another attempt: its request is this one's. */
  again(): BodyCapture {
    return new BodyCapture(this.#maxBytes, this.requestPart);
  }
}

function isText(contentType: string): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return (
    type.startsWith('text/') ||
    type.endsWith('+json') ||
    type.endsWith('+xml') ||
    TEXT_TYPES.has(type)
  );
}

const CHUNK_SIZE_LINE = /^[\da-f]+[\t ]*(?:;.*)?\r?\n/i;

/**
 * The data of HTTP/1 chunks (RFC 9112 7.1), as far as it is there. The codec has checked the framing, or has taken it off
 * already (a request carried as HTTP/2).
 */
function withoutChunkFraming(raw: Buffer): Buffer {
  if (!CHUNK_SIZE_LINE.test(raw.toString('latin1', 0, 1000))) return raw;
  const data: Buffer[] = [];
  let pos = 0;
  while (pos < raw.length) {
    const lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) break;
    const size = Number.parseInt(raw.toString('latin1', pos, lineEnd), 16);
    if (!(size > 0)) break;
    data.push(raw.subarray(lineEnd + 1, lineEnd + 1 + size));
    pos = lineEnd + 1 + size + 2;
  }
  return Buffer.concat(data);
}
