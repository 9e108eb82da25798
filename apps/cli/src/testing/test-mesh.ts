/** A controller's face for this app's tests: real HTTP and WebSocket on any port, with data a test can change. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createLiveServer, type LiveTopics, type StreamSink } from '@tulle/live/server';
import {
  API_PREFIX,
  type RolloutView,
  STATUS_OF,
  type TapExchange,
  TulleError,
} from '@tulle/model';

export interface TestMesh {
  readonly url: string;
  /** `METHOD /path` (after `/api/v1`) → what to answer; a TulleError is answered as the controller does. */
  readonly answers: Map<string, unknown>;
  /** Requests with a body, as they came. */
  readonly received: { readonly route: string; readonly body: unknown }[];
  /** Parameters of the taps opened. */
  readonly taps: unknown[];
  readonly tapSink: Promise<StreamSink<TapExchange>>;
  setRollout(view: RolloutView): void;
  close(): Promise<void>;
}

export async function startTestMesh(): Promise<TestMesh> {
  const answers = new Map<string, unknown>();
  const received: { route: string; body: unknown }[] = [];
  const taps: unknown[] = [];
  const tapSink = Promise.withResolvers<StreamSink<TapExchange>>();
  let rollout: RolloutView = { rollout: null, firstRequestAtMs: null };
  const listeners = new Set<() => void>();
  const refuseState = {
    parse: (params: unknown) => params as never,
    open: (): never => {
      throw new TulleError('not_found', 'Not in this test');
    },
  };
  const topics: LiveTopics = {
    overview: refuseState,
    map: refuseState,
    why: refuseState,
    workload: refuseState,
    routes: refuseState,
    rollout: {
      parse: (params) => params as never,
      open: () => ({
        current: () => rollout,
        onChange(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      }),
    },
    series: { keepRows: 1, ...refuseState },
    tap: {
      keepRows: 10,
      parse(params) {
        taps.push(params);
        return params as never;
      },
      open: () => ({
        initial: () => [],
        start(sink) {
          tapSink.resolve(sink);
          return () => undefined;
        },
      }),
    },
  };
  const live = createLiveServer({ topics, version: 'test' });
  const http = createServer((request, response) => {
    void (async () => {
      const route = `${request.method ?? ''} ${pathOf(request)}`;
      if (request.method === 'PUT') received.push({ route, body: await json(request) });
      const answer = answers.get(route) ?? new TulleError('not_found', `No answer for ${route}`);
      const failed = answer instanceof TulleError;
      response.writeHead(failed ? STATUS_OF[answer.code].http : 200, {
        'content-type': 'application/json',
        connection: 'close',
      });
      response.end(JSON.stringify(failed ? { error: answer.toBody() } : answer));
    })();
  });
  http.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    answers,
    received,
    taps,
    tapSink: tapSink.promise,
    setRollout(view) {
      rollout = view;
      for (const listener of listeners) listener();
    },
    async close() {
      await live.close();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(API_PREFIX, '');
}
