/** What the stations of a request need of the client's connection. */
import type { Socket } from 'node:net';
import type { Exchange, Refusal } from '../stack/http-service.ts';
import type { Fault } from './fault.ts';
import type { Http1RequestHead } from './request-head.ts';

export interface ClientSide {
  readonly request: Http1RequestHead;
  /** Read and not consumed: `buffer` from `pos` on. */
  buffer: Buffer;
  pos: number;
  /** The connection closes after the answer under way, and the answer says so. */
  readonly mustClose: boolean;
  /** Gives false when the socket's buffer is full; `Transfer.clientDrained` follows. */
  write(bytes: Buffer): boolean;
  /** Stops reading while the server takes no more of the body. */
  holdReading(): void;
  releaseReading(): void;
  /** The exchange is over and its answer written. */
  exchangeDone(close: boolean): void;
  answer(refusal: Refusal, isRequestDone: boolean): void;
  /** Counts the fault, answers it and closes. */
  answerMalformed(fault: Fault): void;
  /** Bytes both ways from here on; ends `exchange` when over. */
  tunnel(upstream: Socket, rest: Buffer, exchange: Exchange): void;
  destroy(): void;
}
