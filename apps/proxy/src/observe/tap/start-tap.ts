import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { TulleError } from '@tulle/model';
import type { ObserveRequest } from '@tulle/proxy-api';
import { exchangesWire, tapWire } from '@tulle/proxy-api/wire';
import type { Counter, Logger } from '@tulle/telemetry';
import type { TapConfig } from '../../config/proxy-config.ts';
import { GrpcCode, GrpcError } from '../../grpc/grpc-error.ts';
import { answering, serveGrpc, type GrpcRoutes } from '../../grpc/serve-grpc.ts';
import type { Certificate, Identity } from '../../identity/identity.ts';
import { namesOf } from '../../identity/check-certificate.ts';
import type { Address } from '../../stack/connection.ts';
import { compileTapMatch } from './tap-match.ts';
import type { TapRegistry } from './tap-registry.ts';
import { TapSubscription } from './tap-subscription.ts';
import { subscribeWatch } from './subscribe-watch.ts';

export interface TapOptions {
  readonly config: TapConfig;
  readonly identity: Identity;
  readonly taps: TapRegistry;
  readonly dropped: Counter;
  readonly log: Logger;
  /** Milliseconds, monotonic; the clock of the exchanges. */
  readonly now: () => number;
}

export interface TapServer {
  /** As bound. */
  readonly address: Address;
  /** Ends all observations and their connections. */
  close(): Promise<void>;
}

/** A handshake that takes longer is given up. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Serves Linkerd's `tap.Tap` and our `tulle.tap.v1.Exchanges` over mutual TLS once the identity is ready. Anybody may connect, only the tap client named in the
 * configuration may observe: everyone else gets UNAUTHENTICATED.
 * @throws TulleError `unavailable` when the address is taken.
 */
export async function startTap(options: TapOptions): Promise<TapServer> {
  const { config, identity, log } = options;
  await identity.ready;
  const server = createServer(
    {
      ...contextOf(identity.certificate),
      requestCert: true,
      // Who the client is decides whether it may observe; a client without a name is told so in gRPC.
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      noDelay: true,
    },
    (socket) => serveGrpc(socket, routesFor(peerNames(socket), options)),
  );
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'tap client refused'));
  const stopRenewing = identity.onRenewed((next) => server.setSecureContext(contextOf(next)));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, config.address);
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: async () => {
      stopRenewing();
      options.taps.closeAll();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function contextOf(certificate: Certificate) {
  return {
    key: certificate.keyPem,
    cert: certificate.chainPem,
    ca: certificate.anchorsPem,
    minVersion: 'TLSv1.3' as const,
  };
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new TulleError('unavailable', `The tap server cannot listen on ${host}:${port}.`, {
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

/** Names of the client's certificate; none when it showed none that leads to our trust anchors. */
function peerNames(socket: TLSSocket): readonly string[] {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? [] : namesOf(certificate);
}

/** What a client of these names is answered. */
function routesFor(names: readonly string[], options: TapOptions): GrpcRoutes {
  const { taps, dropped, now } = options;
  return new Map([
    answering(tapWire.Tap_Observe, async function* observe(request, signal) {
      checkClient(names, options);
      const subscription = subscribe(request, taps.nextBase(), dropped);
      if (!taps.add(subscription)) throw tooMany();
      try {
        yield* subscription.events(signal);
      } finally {
        taps.remove(subscription);
      }
    }),
    answering(exchangesWire.Exchanges_Watch, async function* watchAll(request, signal) {
      checkClient(names, options);
      const watch = subscribeWatch(request, dropped, now);
      if (!taps.addWatch(watch)) throw tooMany();
      try {
        yield* watch.replies(signal);
      } finally {
        taps.removeWatch(watch);
      }
    }),
  ]);
}

/** @throws GrpcError UNAUTHENTICATED unless the client is the mesh's tap client. */
function checkClient(names: readonly string[], { config, log }: TapOptions): void {
  const { clientIdentity } = config;
  if (names[0] === clientIdentity) return;
  const who = names[0] ?? 'no identity';
  log.warn({ client: who }, 'refused to be observed');
  throw new GrpcError(
    GrpcCode.unauthenticated,
    `only ${clientIdentity} may observe this proxy; the client has ${who}`,
  );
}

function tooMany(): GrpcError {
  return new GrpcError(GrpcCode.resourceExhausted, 'too many observers of this proxy');
}

function subscribe(request: ObserveRequest, base: number, dropped: Counter): TapSubscription {
  if (request.limit === 0) {
    throw new GrpcError(GrpcCode.invalidArgument, 'limit must be at least 1');
  }
  return new TapSubscription({
    matches: compileOrExplain(request),
    limit: request.limit,
    extractsHeaders: request.extract?.extract.value?.extract.case === 'headers',
    base,
    dropped,
  });
}

function compileOrExplain(request: ObserveRequest) {
  try {
    return compileTapMatch(request.match);
  } catch (error) {
    throw new GrpcError(GrpcCode.invalidArgument, TulleError.from(error).message);
  }
}
