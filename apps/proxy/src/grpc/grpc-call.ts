/** One call on its way: the request as one message, answers as they come, and its end exactly once. */
import { ErrorCode } from '../http2/error-code.ts';
import { checkResponse } from '../http2/field-rules.ts';
import type { Http2Connection } from '../http2/connection.ts';
import type { FieldSection } from '../http2/hpack/decoder.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import type { SessionWaiter } from '../http2/session-pool.ts';
import type { Http2Stream, StreamHandler } from '../http2/stream.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import {
  codeOfHttpStatus,
  codeOfReset,
  decodeGrpcMessage,
  GrpcCode,
  GrpcError,
} from './grpc-error.ts';
import { MessageReader } from './message-framing.ts';

export interface CallParts {
  readonly head: readonly HeaderField[];
  /** The request, framed. */
  readonly request: Buffer;
  readonly maxMessageBytes: number;
  /** The other side has taken the call: answers may follow. */
  readonly onHead: () => void;
  /** Its bytes are lent. What it throws ends the call. */
  readonly onMessage: (message: Buffer) => void;
  /** Once. @param error null for OK. */
  readonly onEnd: (error: GrpcError | null) => void;
}

export class GrpcCall implements StreamHandler, SessionWaiter {
  readonly #parts: CallParts;
  readonly #reader: MessageReader;
  #stream: Http2Stream | null = null;
  #hasEnded = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#reader = new MessageReader(parts.maxMessageBytes, parts.onMessage);
  }

  onSession(session: Http2Connection): void {
    const stream = session.open(this.#parts.head, false);
    this.#stream = stream;
    stream.handler = this;
    stream.send(this.#parts.request);
    stream.end();
  }

  onNoSession({ error }: AttemptFailure): void {
    this.end(new GrpcError(GrpcCode.unavailable, error.message, { cause: error }));
  }

  onHead(section: FieldSection, endStream: boolean): void {
    const parts = checkResponse(section.fields);
    if (typeof parts === 'string' || section.isTooLarge) {
      return this.end(new GrpcError(GrpcCode.internal, 'the answer has a malformed head'));
    }
    if (parts.status < 200) return;
    if (this.#stream !== null) this.#stream.hasHead = true;
    if (endStream) return this.#endWith(section.fields, parts.status);
    if (parts.status !== 200 || !isGrpc(section.fields)) {
      const message = `an answer of status ${parts.status} that is not gRPC`;
      return this.end(new GrpcError(codeOfHttpStatus(parts.status), message));
    }
    this.#parts.onHead();
  }

  onData(chunk: Buffer): void {
    this.#stream?.consumed(chunk.length);
    if (this.#hasEnded) return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.end(GrpcError.from(error));
    }
  }

  onTrailers(fields: readonly HeaderField[]): void {
    this.#endWith(fields, 200);
  }

  onEnd(): void {
    this.end(new GrpcError(GrpcCode.unknown, 'the answer ended without a status'));
  }

  onReset(code: number | null): void {
    const what = code === null ? 'the connection was lost' : `the stream was reset (${code})`;
    this.end(new GrpcError(codeOfReset(code), what));
  }

  onSent(): void {
    // The request is one message; nobody waits for it to leave.
  }

  onSendEnd(): void {
    // As above.
  }

  /** Ends the call from our side or the other; the first end counts. Resets the stream where that is still open. */
  end(error: GrpcError | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stream?.reset(ErrorCode.cancel);
    this.#parts.onEnd(error);
  }

  #endWith(fields: readonly HeaderField[], httpStatus: number): void {
    const status = valueOf(fields, 'grpc-status');
    if (status === undefined || !/^\d{1,3}$/.test(status)) {
      const code = httpStatus === 200 ? GrpcCode.unknown : codeOfHttpStatus(httpStatus);
      return this.end(new GrpcError(code, `an answer of status ${httpStatus} without grpc-status`));
    }
    if (Number(status) !== GrpcCode.ok) {
      const message = decodeGrpcMessage(valueOf(fields, 'grpc-message') ?? '');
      return this.end(new GrpcError(Number(status), message));
    }
    if (!this.#reader.isMidway) return this.end(null);
    this.end(new GrpcError(GrpcCode.internal, 'the answer ended within a message'));
  }
}

function valueOf(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name.text === name)?.value;
}

function isGrpc(fields: readonly HeaderField[]): boolean {
  return valueOf(fields, 'content-type')?.startsWith('application/grpc') === true;
}
