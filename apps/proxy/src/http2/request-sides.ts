/**
 * The two sides a request is carried between, as `request-driver.ts` sees them: each is an HTTP/2 stream, or HTTP/1 in its
 * place (`orig-proto/`). Types only.
 */
import type { DialTiming } from '../stack/connection.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import type { FieldSection } from './hpack/decoder.ts';
import type { HeaderField } from './hpack/header-field.ts';

/** Takes a request's body. */
export interface BodyTarget {
  /** Bytes that must not change any more. Whoever is behind it says through `RequestBody.sent` when they left. */
  send(chunk: Buffer): void;
  end(): void;
  sendTrailers(fields: readonly HeaderField[]): void;
}

/** Where a request came from and its answer goes. Its events are those of `StreamHandler`. */
export interface ClientSide extends BodyTarget {
  readonly localEnded: boolean;
  readonly remoteEnded: boolean;
  readonly endQueued: boolean;
  /** The final head, or an interim one. `:status` stands first. */
  sendHead(fields: readonly HeaderField[], endStream: boolean): void;
  /** Ends both directions at once; nothing is heard of it any more. @param code an HTTP/2 error code. */
  reset(code: number): void;
  /** Body bytes were passed on: as many more may be read. */
  consumed(bytes: number): void;
}

/** One try at an endpoint. */
export interface RequestAttempt {
  /** Nothing more is heard of it. @param code an HTTP/2 error code, for the endpoint. Safe to call again. */
  cancel(code: number): void;
  /** The answer's final head was accepted. @param contentLength -1 when unknown or none. */
  onFinalHead(contentLength: number): void;
  /** Bytes of the answer were passed on: as many more may come. */
  consumed(bytes: number): void;
}

/** What an attempt tells the request it is made for. */
export interface AttemptUser {
  /** A connection was opened for it. */
  onDialed(timing: DialTiming): void;
  /** Nothing of an answer came, or nothing that could be used. */
  onAttemptFailed(failure: AttemptFailure): void;
  /** @param code the endpoint's reset, null for a lost connection. @param isUnprocessed the endpoint did nothing yet. */
  onAttemptReset(code: number | null, isUnprocessed: boolean): void;
  /** Interim heads and the final one. May cancel the attempt. */
  onAnswerHead(section: FieldSection, endStream: boolean): void;
  onAnswerData(chunk: Buffer): void;
  onAnswerTrailers(fields: readonly HeaderField[]): void;
  onAnswerEnd(): void;
  /** The answer is whole, and the endpoint takes no more of the request. */
  onBodyUnwanted(): void;
}
