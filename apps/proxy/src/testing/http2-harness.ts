/** A node:http2 server, the proxy's own HTTP/2 in front of it, and what a test needs to talk through both. */
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { CodecContext, CodecLimits, ServedConnection } from '../stack/connection.ts';
import type { HttpService, Peer } from '../stack/http-service.ts';
import { serveHttp2 } from '../http2/server.ts';
import { codecContext } from './codec-context.ts';
import { FixedEndpoint } from './fixed-endpoint.ts';
import { FixedService } from './fixed-service.ts';

export const LOCAL_PEER: Peer = {
  address: '127.0.0.1',
  port: 1,
  tls: { kind: 'none', reason: 'loopback' },
};

export async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  t.after(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A backend whose streams are answered by `onStream`. */
export async function startBackend(
  t: TestContext,
  onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  settings: http2.Settings = {},
): Promise<{ port: number; server: http2.Http2Server; sessions: http2.ServerHttp2Session[] }> {
  const server = http2.createServer({ settings });
  const sessions: http2.ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  return { port: await listen(t, server), server, sessions };
}

export interface ServedProxy {
  readonly port: number;
  readonly service: FixedService;
  readonly endpoint: FixedEndpoint;
  readonly served: ServedConnection[];
  readonly context: CodecContext;
}

/** The codec listening in front of a backend's port. `wrap` may put another service before the fixed one. */
export async function startProxy(
  t: TestContext,
  backendPort: number,
  options: { limits?: Partial<CodecLimits>; wrap?: (service: FixedService) => HttpService } = {},
): Promise<ServedProxy> {
  const endpoint = new FixedEndpoint(backendPort);
  const service = new FixedService(endpoint);
  const context = codecContext(options.limits);
  const served: ServedConnection[] = [];
  const used = options.wrap === undefined ? service : options.wrap(service);
  const server = net.createServer({ noDelay: true }, (socket) => {
    served.push(serveHttp2(socket, Buffer.alloc(0), LOCAL_PEER, used, context));
  });
  const port = await listen(t, server);
  t.after(() => endpoint.closePools());
  return { port, service, endpoint, served, context };
}

/** A node:http2 client; closed with the test. */
export function connectClient(
  t: TestContext,
  port: number,
  settings: http2.Settings = {},
): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

export interface Answer {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly interim: number[];
}

/** One request, to its end. Rejects with the stream's error, whose `code` or `rstCode` says how it was reset. */
export async function request(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer,
): Promise<Answer> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return collect(stream);
}

export async function collect(stream: http2.ClientHttp2Stream): Promise<Answer> {
  let answer: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders = {};
  const interim: number[] = [];
  const chunks: Buffer[] = [];
  stream.on('headers', (headers) => interim.push(Number(headers[':status'])));
  stream.on('response', (headers) => (answer = headers));
  stream.on('trailers', (headers) => (trailers = headers));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('close', () => {
      if (stream.rstCode === 0) resolve();
      else reject(new ResetError(stream.rstCode ?? 0));
    });
  });
  return {
    status: Number(answer[':status']),
    headers: answer,
    body: Buffer.concat(chunks),
    trailers,
    interim,
  };
}

/** The stream ended with RST_STREAM without an 'error' event (CANCEL). */
export class ResetError extends Error {
  readonly rstCode: number;
  constructor(rstCode: number) {
    super(`reset with ${rstCode}`);
    this.rstCode = rstCode;
  }
}
