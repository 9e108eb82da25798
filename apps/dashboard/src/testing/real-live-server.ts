/** A real live server on a real socket, for tests of what the pages do with it. Tests only. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { TulleError } from '@tulle/model';
import type { OverviewView } from '@tulle/model';
import type { WebSocketConstructor } from '@tulle/live/client';
import { createLiveServer } from '@tulle/live/server';
import type { LiveTopics, StateTopicHandler, StreamTopicHandler } from '@tulle/live/server';

const requireOfLive = createRequire(
  path.join(import.meta.dirname, '../../../../libs/live/package.json'),
);

/**
 * The client's socket in tests. The platform's own makes its events with whatever `Event` is global, and jsdom's is not
 * the one its EventTarget accepts; `ws`, which the live library brings, has events of its own.
 */
export const { WebSocket: NodeWebSocket } = requireOfLive('ws') as {
  WebSocket: WebSocketConstructor;
};

export interface RealLiveServer {
  readonly url: string;
  /** Changes the overview and tells the viewers. */
  set(overview: OverviewView): void;
  /** Ends every connection; the address stays free for another server. */
  close(): Promise<void>;
}

/** Serves `overview` and refuses every other topic as not found. */
export async function serveOverview(first: OverviewView): Promise<RealLiveServer> {
  let overview = first;
  const listeners = new Set<() => void>();
  const live = createLiveServer({ topics: topicsOf(() => overview, listeners), version: 'test' });
  const sockets = new Set<Socket>();
  const http = createServer();
  http.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    live.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/live`,
    set(next) {
      overview = next;
      for (const listener of listeners) listener();
    },
    async close() {
      await live.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
}

function topicsOf(current: () => OverviewView, listeners: Set<() => void>): LiveTopics {
  const refuse = {
    parse: (params: unknown) => params,
    open: () => {
      throw new TulleError('not_found', 'The test serves the overview alone.');
    },
  };
  return {
    overview: {
      parse: () => ({}),
      open: () => ({
        current,
        onChange(listener: () => void) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      }),
    },
    map: refuse as unknown as StateTopicHandler<'map'>,
    workload: refuse as unknown as StateTopicHandler<'workload'>,
    why: refuse as unknown as StateTopicHandler<'why'>,
    rollout: refuse as unknown as StateTopicHandler<'rollout'>,
    routes: refuse as unknown as StateTopicHandler<'routes'>,
    series: { ...refuse, keepRows: 1 } as unknown as StreamTopicHandler<'series'>,
    tap: { ...refuse, keepRows: 1 } as unknown as StreamTopicHandler<'tap'>,
  };
}
