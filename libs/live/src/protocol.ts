/**
 * The live protocol: JSON text messages over one WebSocket at `/live` (subprotocol `tulle.live.v1`).
 *
 * Two flavours of topic. A *state* topic is one JSON value: a `snapshot`, then JSON merge patches (RFC 7396), each
 * with the next `seq`. A merge patch cannot write a null, so a `patch` also lists the members that became null.
 * A *stream* topic is rows: a `snapshot` of rows kept (may be empty), then `rows` appended; `seq` is the last row's.
 * After a reconnect the client resumes with the `epoch` and `seq` it had; the server sends what was missed (an empty
 * patch or no rows when that is nothing), or a new snapshot when it no longer has it (or restarted, which changes the
 * epoch).
 * A slow viewer costs nobody: patches it cannot take are skipped and replaced by a snapshot, rows are dropped and counted.
 */
import type {
  ErrorBody,
  MapView,
  OverviewView,
  RolloutView,
  RoutesView,
  SeriesPoint,
  TapExchange,
  WhyView,
  WorkloadView,
} from '@tulle/model';

export const LIVE_PATH = '/live';
export const LIVE_SUBPROTOCOL = 'tulle.live.v1';
/** A message from a client may be at most this long. */
export const MAX_CLIENT_MESSAGE_BYTES = 16 * 1024;
/** Subscriptions one connection may hold. */
export const MAX_SUBSCRIPTIONS = 64;

/** `ns/kind/name`, see keyOf in @tulle/model. */
type ResourceKey = string;

/** What can be asked for: each topic's name, parameters and data. */
export interface StateTopics {
  overview: { params: Record<string, never>; data: OverviewView };
  map: { params: Record<string, never>; data: MapView };
  workload: { params: { readonly workload: ResourceKey }; data: WorkloadView };
  why: { params: { readonly workload: ResourceKey }; data: WhyView };
  rollout: { params: { readonly workload: ResourceKey }; data: RolloutView };
  routes: { params: { readonly service: ResourceKey }; data: RoutesView };
}
export interface StreamTopics {
  series: {
    params: {
      readonly resource: ResourceKey;
      readonly rangeSeconds: number;
      readonly stepSeconds: number;
    };
    row: SeriesPoint;
  };
  tap: { params: TapParams; row: TapExchange };
}
export type StateTopic = keyof StateTopics;
export type StreamTopic = keyof StreamTopics;
export type Topic = StateTopic | StreamTopic;
export type ParamsOf<T extends Topic> = T extends StateTopic
  ? StateTopics[T]['params']
  : T extends StreamTopic
    ? StreamTopics[T]['params']
    : never;

export interface TapParams {
  readonly resource: ResourceKey;
  /** Filter language text; what the proxies can decide is decided there, the rest by the controller. Empty for all. */
  readonly filter: string;
  /** Exchanges a second at most, over all proxies concerned; 1 to 1000, 100 where absent. */
  readonly maxPerSecond?: number;
  /** Show bodies: text, at most 64 KiB each way, of at most 10 exchanges a second. */
  readonly bodies?: boolean;
}

export interface Resume {
  readonly epoch: string;
  readonly seq: number;
}

export type ClientMessage =
  | {
      readonly type: 'subscribe';
      readonly id: number;
      readonly topic: Topic;
      readonly params: unknown;
      readonly resume?: Resume;
    }
  | { readonly type: 'unsubscribe'; readonly id: number }
  | { readonly type: 'ping'; readonly sentAtMs: number };

export type ServerMessage =
  /** First message of a connection. */
  | {
      readonly type: 'hello';
      readonly epoch: string;
      readonly serverTimeMs: number;
      readonly version: string;
    }
  | {
      readonly type: 'snapshot';
      readonly id: number;
      readonly seq: number;
      readonly data: unknown;
    }
  /** `nulls`: JSON Pointers (RFC 6901) of members set to null after the patch is merged; absent for none. */
  | {
      readonly type: 'patch';
      readonly id: number;
      readonly seq: number;
      readonly patch: unknown;
      readonly nulls?: readonly string[];
    }
  /** `dropped`: rows of this stream lost since the last message because the viewer or a proxy was too slow. */
  | {
      readonly type: 'rows';
      readonly id: number;
      readonly seq: number;
      readonly rows: readonly unknown[];
      readonly dropped: number;
    }
  /** What a stream has to say about itself: proxies tapped, why one could not be. */
  | { readonly type: 'notice'; readonly id: number; readonly notice: StreamNotice }
  /** Without id: the message itself could not be read. With id: this subscription is refused or has ended. */
  | { readonly type: 'error'; readonly id?: number; readonly error: ErrorBody }
  | { readonly type: 'pong'; readonly sentAtMs: number; readonly serverTimeMs: number };

export interface StreamNotice {
  readonly proxiesAnswered: number;
  readonly proxiesExpected: number;
  /** A sentence for a person when something is not as asked; null when all is well. */
  readonly message: string | null;
}
