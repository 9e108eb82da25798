import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A gRPC server on plain HTTP/2 (h2c), as services inside a cluster usually are. */
export interface GrpcServer {
  /** The port it listens on. */
  readonly port: number;
  /** Tells clients to go (GOAWAY), answers what is under way, then closes. */
  stop(): Promise<void>;
}

/** @param port 0 for any free one */
export function serveGrpc(
  port: number,
  routes: (router: ConnectRouter) => void,
): Promise<GrpcServer> {
  const server = createServer(
    connectNodeAdapter({ routes, grpc: true, grpcWeb: false, connect: false }),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
            for (const session of sessions) session.close();
          }),
      });
    });
  });
}
