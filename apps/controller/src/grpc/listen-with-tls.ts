import type { Http2Server } from 'node:http2';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ListenerTls } from './grpc-server.ts';

/** A client that does not finish its handshake is let go after this long. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Puts TLS 1.3 before an HTTP/2 server. Linkerd's proxy offers no ALPN and speaks HTTP/2 at once, which Node's own
 * secure HTTP/2 server refuses, so TLS is ended here. A renewed certificate is used for new connections.
 */
export async function listenWithTls(http2: Http2Server, tls: ListenerTls): Promise<Server> {
  const { certPem, keyPem } = await tls.credentials();
  const server = createServer({
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.alpnProtocol = 'h2';
    http2.emit('connection', socket);
  });
  // Scanners and probes that speak no TLS: nobody is to be told.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.onRenewed((renewed) => {
    server.setSecureContext({
      cert: renewed.certPem,
      key: renewed.keyPem,
      minVersion: 'TLSv1.3',
    });
  });
  return server;
}
