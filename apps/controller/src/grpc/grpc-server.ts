import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { ConnectRouter } from '@connectrpc/connect';
import { TulleError } from '@tulle/model';
import type { Credentials } from '@tulle/pki';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { listenWithTls } from './listen-with-tls.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a listener's certificate comes from. */
export interface ListenerTls {
  /** Waits for the first certificate. */
  readonly credentials: () => Promise<Credentials>;
  /** Told of each new one. */
  readonly onRenewed: (listener: (credentials: Credentials) => void) => void;
}

/** One gRPC listener of the control plane: HTTP/2 by prior knowledge, plain on a laptop, inside TLS 1.3 in a cluster. */
export interface GrpcServer {
  /** The port in use. */
  readonly port: number;
  /** Tells clients to go (GOAWAY), ends every stream, resolves when all connections are closed. */
  close(): Promise<void>;
}

/** A proxy's largest request, a Certify, is about 2 KiB. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** Streams of one proxy: two per service it calls and one per destination address. */
const MAX_STREAMS_PER_CONNECTION = 4096;
const MAX_CONNECTIONS = 4096;
/** What is still open this long after GOAWAY is cut. */
const CLOSE_GRACE_MS = 500;

/**
 * Starts a listener; port 0 takes a free one.
 * @throws TulleError `unavailable` naming the variable when the address cannot be listened on.
 */
export async function startGrpcServer(
  listen: ListenAddress,
  variable: string,
  routes: (router: ConnectRouter) => void,
  tls?: ListenerTls,
): Promise<GrpcServer> {
  const shutdown = new AbortController();
  const handler = connectNodeAdapter({
    routes,
    grpc: true,
    grpcWeb: false,
    connect: false,
    readMaxBytes: MAX_MESSAGE_BYTES,
    shutdownSignal: shutdown.signal,
  });
  const server = createServer(
    { settings: { maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION } },
    handler,
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    if (sessions.size >= MAX_CONNECTIONS) return session.destroy();
    sessions.add(session);
    session.on('error', () => session.destroy());
    session.once('close', () => sessions.delete(session));
    return undefined;
  });
  const listener: Server = tls === undefined ? server : await listenWithTls(server, tls);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${listen.host}:${listen.port}`;
      const sentence =
        cause.code === 'EADDRINUSE'
          ? `${where} is taken by another program; choose another with ${variable}.`
          : `Cannot listen on ${where} (${variable}): ${cause.message}.`;
      reject(new TulleError('unavailable', sentence, { cause }));
    });
    listener.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    async close() {
      shutdown.abort(new Error('the controller is stopping'));
      const closed = new Promise<void>((done) => listener.close(() => done()));
      for (const session of sessions) session.close();
      const cut = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}
