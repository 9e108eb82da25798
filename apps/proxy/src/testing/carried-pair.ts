/** Two hops in one process as two sidecars make them: client → HTTP/1 ══ HTTP/2 over mutual TLS ══ → HTTP/1 → application. */
import net from 'node:net';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createDial } from '../connect/dial.ts';
import { readFirstBytes } from '../detect/first-bytes.ts';
import { sniffHttp } from '../detect/sniff-http.ts';
import { serveHttp1 } from '../http1/serve-http1.ts';
import { serveHttp2 } from '../http2/server.ts';
import type { CodecContext, CodecLimits } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import { secureContextFor, testAuthority } from './certified.ts';
import { TEST_LIMITS, codecContext } from './codec-context.ts';
import { FixedEndpoint } from './fixed-endpoint.ts';
import { FixedService } from './fixed-service.ts';
import { LOCAL_PEER, listen } from './http2-harness.ts';

export const SERVER = 'web.demo.serviceaccount.identity.tulle.cluster.local';
export const CLIENT = 'bot.demo.serviceaccount.identity.tulle.cluster.local';
const MESHED: Peer = { ...LOCAL_PEER, tls: { kind: 'mutual', clientId: CLIENT } };
const NO_BYTES = Buffer.alloc(0);

export interface CarriedPair {
  /** Where clients connect. */
  readonly port: number;
  /** Where the inbound side listens, for a peer with a certificate. */
  readonly tlsPort: number;
  readonly outbound: FixedService;
  readonly inbound: FixedService;
  /** What came over TLS, one per connection. */
  readonly protocols: ('http1' | 'http2' | 'opaque')[];
  readonly context: CodecContext;
  /** Certificates of both sides, for foreign peers. */
  readonly serverContext: SecureContext;
  readonly clientContext: SecureContext;
}

export interface PairOptions {
  readonly limits?: Partial<CodecLimits>;
  /** As if the client had shown no certificate. */
  readonly isStranger?: boolean;
}

export async function startCarriedPair(
  t: TestContext,
  appPort: number,
  options: PairOptions = {},
): Promise<CarriedPair> {
  const authority = await testAuthority();
  const [serverContext, clientContext] = await Promise.all([
    secureContextFor(authority, SERVER),
    secureContextFor(authority, CLIENT),
  ]);
  const limits = { ...TEST_LIMITS, ...options.limits };
  const appEndpoint = new FixedEndpoint(appPort);
  const inbound = new FixedService(appEndpoint);
  const protocols: CarriedPair['protocols'] = [];
  const peer = options.isStranger === true ? LOCAL_PEER : MESHED;
  const tlsServer = createServer(
    {
      allowHalfOpen: true,
      requestCert: true,
      rejectUnauthorized: false,
      SNICallback: (_name, done) => done(null, serverContext),
    },
    async (socket) => {
      socket.on('error', () => {});
      const { bytes, verdict } = await readFirstBytes(
        socket,
        NO_BYTES,
        (seen) => {
          const sniff = sniffHttp(seen);
          return sniff === 'more' ? null : sniff;
        },
        5000,
      );
      if (verdict === null) return;
      protocols.push(verdict);
      const serve = verdict === 'http2' ? serveHttp2 : serveHttp1;
      serve(socket, bytes, peer, inbound, codecContext(limits));
    },
  );
  const tlsPort = await listen(t, tlsServer);
  const endpoint = new FixedEndpoint(tlsPort, {
    kind: 'mutual',
    serverName: SERVER,
    identity: SERVER,
  });
  endpoint.protocolHint = 'h2';
  const outbound = new FixedService(endpoint);
  const dial = createDial({
    connectTimeoutMs: 2000,
    keepaliveMs: null,
    clientContext: () => clientContext,
  });
  const context = { dial, now: () => performance.now(), limits };
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    serveHttp1(socket, NO_BYTES, LOCAL_PEER, outbound, context);
  });
  const port = await listen(t, server);
  t.after(() => {
    endpoint.closePools();
    appEndpoint.closePools();
  });
  return {
    port,
    tlsPort,
    outbound,
    inbound,
    protocols,
    context,
    serverContext,
    clientContext,
  };
}
