/** Real servers and sockets for this lib's tests. */
import { TulleError } from '@tulle/model';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLiveServer } from '../server/live-server.ts';
import type { LiveServer } from '../server/live-server.ts';
import type { LiveTopics, StateTopicHandler, StreamSink } from '../server/topic-source.ts';

/** A value a test can change, served as every state topic. Its data need not be a real view. */
export interface TestState {
  value: unknown;
  failure: TulleError | null;
  opened: number;
  closed: number;
  readonly listeners: Set<() => void>;
  change(value: unknown): void;
}

export function testState(value: unknown): TestState {
  const state: TestState = {
    value,
    failure: null,
    opened: 0,
    closed: 0,
    listeners: new Set(),
    change(next: unknown): void {
      state.value = next;
      for (const listener of state.listeners) listener();
    },
  };
  return state;
}

export interface TestStream {
  initial: unknown[];
  sink: StreamSink<unknown> | null;
  stopped: number;
}

export function topicsOf(state: TestState, stream: TestStream): LiveTopics {
  const stateHandler: StateTopicHandler<'workload'> = {
    parse(params) {
      const workload = (params as { workload?: unknown }).workload;
      if (workload === 'bad') throw new TulleError('invalid_argument', '"bad" is not a key.');
      return params as never;
    },
    open() {
      if (state.failure !== null) throw state.failure;
      state.opened += 1;
      return {
        current() {
          if (state.failure !== null) throw state.failure;
          return state.value as never;
        },
        onChange(listener) {
          state.listeners.add(listener);
          return () => state.listeners.delete(listener);
        },
        close: () => void (state.closed += 1),
      };
    },
  };
  const streamHandler = {
    keepRows: 5,
    parse: (params: unknown) => params as never,
    open: () => ({
      initial: () => stream.initial as never,
      start(sink: StreamSink<never>) {
        stream.sink = sink;
        return () => void (stream.stopped += 1);
      },
    }),
  };
  return {
    overview: stateHandler as never,
    map: stateHandler as never,
    workload: stateHandler,
    why: stateHandler as never,
    rollout: stateHandler as never,
    routes: stateHandler as never,
    series: streamHandler,
    tap: streamHandler,
  };
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly live: LiveServer;
  close(): Promise<void>;
}

/** Listens on any port unless told. */
export async function listen(
  topics: LiveTopics,
  options: { port?: number; lingerMs?: number; heartbeatMs?: number } = {},
): Promise<TestServer> {
  const { port = 0, ...rest } = options;
  const live = createLiveServer({ topics, version: 'test', ...rest });
  const http: Server = createServer();
  // Who a viewer is stands in the address: `/live?anna`.
  http.on('upgrade', (request, socket, head) =>
    live.handleUpgrade(request, socket, head, { key: request.url?.split('?')[1] ?? '' }),
  );
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const bound = (http.address() as AddressInfo).port;
  return {
    url: `ws://127.0.0.1:${bound}/live`,
    port: bound,
    live,
    async close(): Promise<void> {
      await live.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Resolves when the condition holds; checked as things happen, at most `limitMs`. */
export async function until(condition: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
