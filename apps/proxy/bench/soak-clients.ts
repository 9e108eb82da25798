/** One request of each kind; each rejects with why it failed. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { makeGenericClientConstructor, credentials } from '@grpc/grpc-js';
import type { requestCallback } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import type { Ending } from '../src/testing/mesh.ts';

/** @param n how many came before it. */
export type SoakClient = (n: number) => Promise<void>;

const HOST = 'web.test.svc.cluster.local';
const ANSWER_WITHIN_MS = 10_000;
const WEB_SOCKETS = 20;
const MESSAGES_EACH = 500;

function expect(got: string, expected: string): void {
  if (got !== expected) throw new Error(got === '' ? 'an empty answer' : 'another answer');
}

/** Over kept connections; each tenth has a body. */
export function http1Requests(cleanup: Ending, port: number): SoakClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  cleanup.after(() => agent.destroy());
  return async (n) => {
    const path = `/items/${(n * 7919) % 5000}?page=${n % 17}`;
    const body = n % 10 === 0 ? 'x'.repeat(n % 20_000) : undefined;
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { Host: HOST, 'x-request-id': `req-${n}` };
    const req = request({ port, host: '127.0.0.1', path, method, headers, agent });
    req.setTimeout(ANSWER_WITHIN_MS, () => req.destroy(new Error('no answer in time')));
    req.end(body);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    expect(await text(res), body ?? `answer to ${path}`);
    if (res.statusCode !== 200) throw new Error(`status ${res.statusCode}`);
  };
}

/** All on one connection, opened anew when it is gone. */
export function http2Requests(cleanup: Ending, port: number): SoakClient {
  const open = (): ClientHttp2Session =>
    connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {});
  let session = open();
  cleanup.after(() => session.destroy());
  return async (n) => {
    if (session.closed || session.destroyed) session = open();
    const path = `/items/${(n * 7919) % 5000}`;
    const stream = session.request({ ':path': path, 'x-request-id': `req-${n}` });
    stream.setTimeout(ANSWER_WITHIN_MS, () => stream.destroy(new Error('no answer in time')));
    expect(await text(stream), `answer to ${path}`);
  };
}

type Call = (message: Buffer, callback: requestCallback<Buffer>) => void;

export function grpcCalls(cleanup: Ending, port: number): SoakClient {
  const pass = (value: Buffer): Buffer => value;
  const Echo = makeGenericClientConstructor(
    {
      call: {
        path: '/soak.Echo/Call',
        requestStream: false,
        responseStream: false,
        requestSerialize: pass,
        requestDeserialize: pass,
        responseSerialize: pass,
        responseDeserialize: pass,
      },
    },
    'Echo',
  );
  const client = new Echo(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanup.after(() => client.close());
  const call = client['call']?.bind(client) as unknown as Call;
  return (n) =>
    new Promise((resolve, reject) => {
      const message = Buffer.from(`message ${n}`);
      call(message, (error, answer) => {
        if (error !== null) reject(error);
        else if (!message.equals(answer ?? Buffer.alloc(0))) reject(new Error('another message'));
        else resolve();
      });
    });
}

/** A message goes to one of some sockets, which are opened anew after a while. */
export function webSocketEchoes(cleanup: Ending, port: number): SoakClient {
  const sockets: (Promise<WebSocket> | undefined)[] = [];
  const queues: Promise<void>[] = [];
  const used: number[] = [];
  cleanup.after(async () => {
    for (const socket of sockets) (await socket)?.terminate();
  });
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { Host: HOST } });
    await once(socket, 'open');
    return socket;
  };
  const echo = async (slot: number, n: number): Promise<void> => {
    const socket = await (sockets[slot] ??= open());
    const heard = once(socket, 'message');
    socket.send(`message ${n}`);
    const [data] = (await heard) as [Buffer];
    expect(data.toString(), `message ${n}`);
    used[slot] = (used[slot] ?? 0) + 1;
    if (used[slot] % MESSAGES_EACH !== 0) return;
    sockets[slot] = undefined;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
  return (n) => {
    const slot = n % WEB_SOCKETS;
    // One message after another on each.
    const next = (queues[slot] ?? Promise.resolve()).then(() => echo(slot, n));
    queues[slot] = next.catch(() => {});
    return next;
  };
}

/** A connection of its own for each. */
export function tcpEchoes(port: number): SoakClient {
  return async (n) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('no answer in time')));
    const message = `\u0000${'binary'.repeat(1 + (n % 100))}`;
    socket.end(message);
    expect(await text(socket), message);
  };
}
