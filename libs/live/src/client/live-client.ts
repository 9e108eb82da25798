import type { ErrorBody, ErrorCode } from '@tulle/model';
import type {
  ParamsOf,
  ServerMessage,
  StateTopic,
  StateTopics,
  StreamTopic,
  StreamTopics,
} from '../protocol.ts';
import type { ConnectionState } from './connection-state.ts';
import { createLink } from './link.ts';
import { createStateFeed } from './state-feed.ts';
import type { StateFeed, StateSnapshot } from './state-feed.ts';
import { createStreamFeed } from './stream-feed.ts';
import type { StreamEvent } from './stream-feed.ts';
import { subscribeMessage } from './subscription.ts';
import type { Subscription } from './subscription.ts';
import { REAL_TIMING } from './timing.ts';
import type { Timing } from './timing.ts';
import { platformWebSocket } from './web-socket.ts';
import type { WebSocketConstructor } from './web-socket.ts';

/** A refused subscription is asked for again after this long. */
const ASK_AGAIN_MS = 3000;
/** A state nobody watches any more is kept this long, so that a page that is drawn again need not start over. */
const KEEP_MS = 500;
/** Asking again does not help against these. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'invalid_argument',
  'permission_denied',
  'unauthenticated',
]);

export interface LiveClientOptions {
  /** `ws://host:port/live`; a function is asked before each attempt. */
  readonly url: string | (() => string);
  /** The platform's own by default. */
  readonly WebSocket?: WebSocketConstructor;
  readonly timing?: Timing;
}

/** Watches one state. `subscribe` and `get` are what React's useSyncExternalStore wants. */
export interface LiveState<Data> {
  /** The newest snapshot; `loading` while nobody is subscribed. The same object until something changes. */
  get(): StateSnapshot<Data>;
  /** Called at every change, not at once. Gives the function that stops it. */
  subscribe(listener: (snapshot: StateSnapshot<Data>) => void): () => void;
}

export interface LiveStream<Row> {
  /** Starts a stream of its own for this listener. Gives the function that ends it. */
  subscribe(listener: (event: StreamEvent<Row>) => void): () => void;
}

/** One connection to the controller, shared by everything a viewer watches. Runs in browsers and in Node. */
export interface LiveClient {
  connection(): ConnectionState;
  /** Called at every change of {@link connection}. Gives the function that stops it. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
  state<T extends StateTopic>(topic: T, params: ParamsOf<T>): LiveState<StateTopics[T]['data']>;
  stream<T extends StreamTopic>(topic: T, params: ParamsOf<T>): LiveStream<StreamTopics[T]['row']>;
  /** Reconnects at once when it is waiting to (the network is back, the tab is shown again). */
  retryNow(): void;
  close(): void;
}

/** Connects at once and keeps connected until `close`. */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  const timing = options.timing ?? REAL_TIMING;
  const { url } = options;
  const connectionListeners = new Set<(state: ConnectionState) => void>();
  const subscriptions = new Map<number, Subscription>();
  const states = new Map<string, StateFeed<unknown>>();
  const askAgain = new Map<number, () => void>();
  let lastId = 0;
  let epoch = '';
  const link = createLink({
    url: typeof url === 'string' ? () => url : url,
    WebSocket: options.WebSocket ?? platformWebSocket(),
    timing,
    onHello,
    onMessage: receive,
    onState,
  });

  function onHello(newEpoch: string): void {
    epoch = newEpoch;
    for (const subscription of subscriptions.values()) ask(subscription);
  }

  function onState(state: ConnectionState, before: ConnectionState): void {
    if (before.kind === 'live') for (const one of subscriptions.values()) one.lost();
    for (const listener of connectionListeners) listener(state);
  }

  function receive(message: ServerMessage): void {
    if (!('id' in message) || message.id === undefined) return;
    subscriptions.get(message.id)?.receive(message, epoch);
  }

  function ask(subscription: Subscription): void {
    askAgain.get(subscription.id)?.();
    askAgain.delete(subscription.id);
    link.send(subscribeMessage(subscription));
  }

  function start(subscription: Subscription): void {
    subscriptions.set(subscription.id, subscription);
    ask(subscription);
  }

  function stop(subscription: Subscription): void {
    if (!subscriptions.delete(subscription.id)) return;
    askAgain.get(subscription.id)?.();
    askAgain.delete(subscription.id);
    link.send({ type: 'unsubscribe', id: subscription.id });
  }

  function refused(id: number, error: ErrorBody): void {
    if (FINAL.has(error.code)) return;
    const cancel = timing.after(ASK_AGAIN_MS, () => {
      askAgain.delete(id);
      const subscription = subscriptions.get(id);
      if (subscription !== undefined) ask(subscription);
    });
    askAgain.set(id, cancel);
  }

  function nextId(): number {
    lastId += 1;
    return lastId;
  }

  function watchState(topic: StateTopic, params: unknown): LiveState<unknown> {
    const key = `${topic} ${JSON.stringify(params)}`;
    return {
      get: () => states.get(key)?.snapshot ?? LOADING,
      subscribe(listener): () => void {
        let feed = states.get(key);
        if (feed === undefined) {
          const id = nextId();
          feed = createStateFeed(id, topic, params, (error) => refused(id, error));
          states.set(key, feed);
          start(feed);
        }
        const joined = feed;
        // A function of its own, so that the same listener may subscribe twice.
        const own = (snapshot: StateSnapshot<unknown>): void => listener(snapshot);
        joined.listeners.add(own);
        return () => {
          if (joined.listeners.delete(own)) leaveState(key, joined);
        };
      },
    };
  }

  function leaveState(key: string, feed: StateFeed<unknown>): void {
    if (feed.listeners.size > 0) return;
    timing.after(KEEP_MS, () => {
      if (feed.listeners.size > 0 || states.get(key) !== feed) return;
      states.delete(key);
      stop(feed);
    });
  }

  function watchStream(topic: StreamTopic, params: unknown): LiveStream<unknown> {
    return {
      subscribe(listener): () => void {
        const id = nextId();
        const feed = createStreamFeed(id, topic, params, listener, (error) => refused(id, error));
        start(feed);
        return () => stop(feed);
      },
    };
  }

  return {
    connection: () => link.state,
    onConnection(listener): () => void {
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
    // The topic's name and its data belong together; the wire cannot say that to the type checker.
    state: watchState as LiveClient['state'],
    stream: watchStream as LiveClient['stream'],
    retryNow: () => link.retryNow(),
    close(): void {
      for (const cancel of askAgain.values()) cancel();
      askAgain.clear();
      subscriptions.clear();
      states.clear();
      link.close();
    },
  };
}

const LOADING = { kind: 'loading' } as const;
