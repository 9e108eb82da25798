/** Answers gRPC calls on an accepted connection: one request, answers as they come. */
import type { Socket } from 'node:net';
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { decode, encode, type WireMethod } from '@tulle/proxy-api/wire';
import { Http2Connection, type ConnectionUser } from '../http2/connection.ts';
import { ErrorCode } from '../http2/error-code.ts';
import { checkRequest } from '../http2/field-rules.ts';
import { grpcTrailers } from '../http2/grpc-status.ts';
import type { FieldSection } from '../http2/hpack/decoder.ts';
import { ownField } from '../http2/hpack/header-field.ts';
import { MESHED_KEEPALIVE } from '../http2/keepalive.ts';
import { deafHandler, type Http2Stream, type StreamHandler } from '../http2/stream.ts';
import { GrpcCode, GrpcError } from './grpc-error.ts';
import { frameMessage, MessageReader } from './message-framing.ts';

/** Gives the answers, as messages on the wire. What it or its iteration throws is the call's end. */
export type GrpcAnswer = (request: Buffer, signal: AbortSignal) => AsyncIterable<Buffer>;
/** By path. */
export type GrpcRoutes = ReadonlyMap<string, GrpcAnswer>;

/** A method and what answers it. */
export function answering<I extends DescMessage, O extends DescMessage>(
  { path, input, output }: WireMethod<I, O>,
  answer: (request: MessageShape<I>, signal: AbortSignal) => AsyncIterable<MessageInitShape<O>>,
): [path: string, answer: GrpcAnswer] {
  return [
    path,
    async function* answers(bytes, signal) {
      for await (const message of answer(decodeOrExplain(bytes), signal)) {
        yield encode(output, message);
      }
    },
  ];

  function decodeOrExplain(bytes: Buffer): MessageShape<I> {
    try {
      return decode(input, bytes);
    } catch (cause) {
      throw new GrpcError(GrpcCode.internal, 'the request is no such message', { cause });
    }
  }
}

const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEAD_FIELDS = 100;
const STALL_MS = 10_000;
/** Without a call for this long a connection is closed. */
const IDLE_MS = 600_000;
const MAX_REQUEST_BYTES = 1 << 20;
/** Answers wait to be made while this much waits to be sent. */
const MAX_QUEUED_BYTES = 64 * 1024;

/** @param socket TLS is done, nothing read yet. It is destroyed by its owner to end all calls. */
export function serveGrpc(socket: Socket, routes: GrpcRoutes): void {
  const user: ConnectionUser = {
    onRequest: (stream, section, endStream) => takeCall(stream, section, endStream, routes),
    onRoom: () => {},
    onFault: () => {},
    onGoaway: () => {},
    onClosed: () => {},
  };
  const connection = new Http2Connection(socket, user, {
    role: 'server',
    limits: { maxListBytes: MAX_HEAD_BYTES, maxFields: MAX_HEAD_FIELDS },
    now: () => performance.now(),
    stallTimeoutMs: STALL_MS,
    idleTimeoutMs: IDLE_MS,
    keepalive: MESHED_KEEPALIVE,
  });
  connection.start(null);
}

function takeCall(
  stream: Http2Stream,
  section: FieldSection,
  endStream: boolean,
  routes: GrpcRoutes,
): void {
  const parts = checkRequest(section.fields);
  if (typeof parts === 'string' || section.isTooLarge) return stream.reset(ErrorCode.protocolError);
  if (parts.method !== 'POST') return refuse(stream, '405');
  if (!parts.contentType.startsWith('application/grpc')) return refuse(stream, '415');
  const answer = routes.get(parts.path);
  const call = new ServedCall(stream, answer ?? unknownMethod(parts.path));
  stream.handler = call;
  if (endStream) call.onEnd();
}

function refuse(stream: Http2Stream, status: string): void {
  stream.handler = { ...deafHandler, onData: (chunk) => stream.consumed(chunk.length) };
  stream.sendHead([ownField(':status', status)], true);
  stream.reset(ErrorCode.noError);
}

function unknownMethod(path: string): GrpcAnswer {
  return () => {
    throw new GrpcError(GrpcCode.unimplemented, `${path} is not served here`);
  };
}

class ServedCall implements StreamHandler {
  readonly #stream: Http2Stream;
  readonly #answer: GrpcAnswer;
  readonly #gone = new AbortController();
  readonly #reader: MessageReader;
  #request: Buffer | null = null;
  #onRoom: (() => void) | null = null;

  constructor(stream: Http2Stream, answer: GrpcAnswer) {
    this.#stream = stream;
    this.#answer = answer;
    this.#reader = new MessageReader(MAX_REQUEST_BYTES, (message) => this.#take(message));
  }

  onHead(): void {
    // A client's side.
  }

  onData(chunk: Buffer): void {
    this.#stream.consumed(chunk.length);
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.#finish(GrpcError.from(error));
    }
  }

  onTrailers(): void {
    this.onEnd();
  }

  onEnd(): void {
    if (this.#request === null || this.#reader.isMidway) {
      this.#finish(new GrpcError(GrpcCode.internal, 'the request is not one message'));
      return;
    }
    void this.#run(this.#request);
  }

  onReset(): void {
    this.#leave();
  }

  onSent(): void {
    if (this.#stream.queuedBytes < MAX_QUEUED_BYTES) this.#onRoom?.();
  }

  onSendEnd(): void {
    // The trailers are out.
  }

  #take(message: Buffer): void {
    if (this.#request !== null) {
      throw new GrpcError(GrpcCode.internal, 'the request is more than one message');
    }
    this.#request = Buffer.from(message);
  }

  async #run(request: Buffer): Promise<void> {
    // A call that is not refused at once is taken, and its client is told so before there is an answer.
    setImmediate(() => this.#open());
    try {
      for await (const message of this.#answer(request, this.#gone.signal)) {
        this.#open();
        this.#stream.send(frameMessage(message));
        await this.#untilRoom();
      }
      this.#finish(null);
    } catch (error) {
      this.#finish(GrpcError.from(error));
    }
  }

  async #untilRoom(): Promise<void> {
    if (this.#stream.queuedBytes < MAX_QUEUED_BYTES || this.#gone.signal.aborted) return;
    await new Promise<void>((resolve) => (this.#onRoom = resolve));
    this.#onRoom = null;
  }

  #open(): void {
    if (this.#stream.headSent || this.#gone.signal.aborted) return;
    this.#stream.sendHead(OK_HEAD, false);
  }

  /** @param error null for OK. A call that failed before its first answer has trailers alone. */
  #finish(error: GrpcError | null): void {
    const trailers = grpcTrailers(error?.code ?? GrpcCode.ok, error?.message ?? '');
    if (error !== null && !this.#stream.headSent) {
      this.#stream.sendHead([...OK_HEAD, ...trailers], true);
    } else {
      this.#open();
      this.#stream.sendTrailers(trailers);
    }
    if (!this.#stream.remoteEnded) this.#stream.reset(ErrorCode.noError);
    this.#leave();
  }

  #leave(): void {
    this.#gone.abort();
    this.#onRoom?.();
  }
}

const OK_HEAD = [ownField(':status', '200'), ownField('content-type', 'application/grpc+proto')];
