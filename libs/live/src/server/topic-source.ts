import type { ParamsOf, StateTopic, StateTopics, StreamTopic, StreamTopics } from '../protocol.ts';
import type { StreamNotice } from '../protocol.ts';

/** One opened state: the server reads `current` after each change, and closes it when nobody watches any more. */
export interface StateSource<Data> {
  /**
   * The value now. It must not be changed afterwards.
   * @throws TulleError when there is no such thing (any more): the subscribers get it and are unsubscribed.
   */
  current(): Data;
  /** Called when `current` may give another value. Gives the function that stops it. */
  onChange(listener: () => void): () => void;
  /** Frees what the source holds. Called once. */
  close?(): void;
}

/** What a stream tells the server. */
export interface StreamSink<Row> {
  /** @param dropped rows of this stream lost before they reached the server since the last call. */
  rows(rows: readonly Row[], dropped: number): void;
  notice(notice: StreamNotice): void;
  /** The stream has ended by itself: subscribers get the error and are unsubscribed. */
  end(reason: unknown): void;
}

/** One opened stream. */
export interface StreamSource<Row> {
  /** Rows that exist already, oldest first. */
  initial(): readonly Row[];
  /** Called once, at once after `initial`. Gives the function that stops and frees the stream. */
  start(sink: StreamSink<Row>): () => void;
}

export interface StateTopicHandler<Topic extends StateTopic> {
  /** Checks what a client sent. @throws TulleError `invalid_argument`. */
  parse(params: unknown): ParamsOf<Topic>;
  /** Opened once per distinct params while somebody watches. @throws TulleError when there is no such thing. */
  open(params: ParamsOf<Topic>): StateSource<StateTopics[Topic]['data']>;
}

/** Who watches. A viewer's rights may decide what a personal stream shows. */
export interface LiveViewer {
  /** The same for the same person; a personal stream is shared by viewers of one key only. */
  readonly key: string;
}

export interface StreamTopicHandler<Topic extends StreamTopic> {
  /** Checks what a client sent. @throws TulleError `invalid_argument`. */
  parse(params: unknown): ParamsOf<Topic>;
  /** @throws TulleError when there is no such thing. */
  open(params: ParamsOf<Topic>, viewer: LiveViewer): StreamSource<StreamTopics[Topic]['row']>;
  /** Opened with each viewer's own rights, not shared among different ones. */
  readonly isPersonal?: boolean;
  /** Newest rows kept for subscribers that come later or resume. */
  readonly keepRows: number;
}

/** Everything that can be subscribed to. */
export type LiveTopics = {
  readonly [T in StateTopic]: StateTopicHandler<T>;
} & { readonly [T in StreamTopic]: StreamTopicHandler<T> };
