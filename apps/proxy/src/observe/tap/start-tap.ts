import { createSecureServer, type Http2SecureServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  Code,
  ConnectError,
  createContextKey,
  createContextValues,
  type ConnectRouter,
  type ContextValues,
} from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { TulleError } from '@tulle/model';
import { Exchanges, Tap, type ObserveRequest } from '@tulle/proxy-api';
import type { Counter, Logger } from '@tulle/telemetry';
import type { TapConfig } from '../../config/proxy-config.ts';
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

const clientNames = createContextKey<readonly string[]>([]);

/**
 * Serves Linkerd's `tap.Tap` and our `tulle.tap.v1.Exchanges` over mutual TLS once the identity is ready. Anybody may connect, only the tap client named in the
 * configuration may observe: everyone else gets UNAUTHENTICATED.
 * @throws TulleError `unavailable` when the address is taken.
 */
export async function startTap(options: TapOptions): Promise<TapServer> {
  const { config, identity, log } = options;
  await identity.ready;
  const server = createSecureServer(
    {
      ...contextOf(identity.certificate),
      requestCert: true,
      // Who the client is decides whether it may observe; a client without a name is told so in gRPC.
      rejectUnauthorized: false,
    },
    connectNodeAdapter({
      grpc: true,
      connect: false,
      grpcWeb: false,
      routes: (router) => routes(router, options),
      contextValues: (request) =>
        createContextValues().set(clientNames, peerNames(request.socket as TLSSocket)),
    }),
  );
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'tap client refused'));
  const stopRenewing = identity.onRenewed((next) => server.setSecureContext(contextOf(next)));
  const sessions = new Set<Http2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  await listen(server, config.address);
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: async () => {
      stopRenewing();
      options.taps.closeAll();
      for (const session of sessions) session.destroy();
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

function listen(server: Http2SecureServer, { host, port }: Address): Promise<void> {
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

function routes(router: ConnectRouter, options: TapOptions): void {
  const { taps, dropped, now } = options;
  let nextBase = 0;
  router.service(Tap, {
    async *observe(request, context) {
      checkClient(context.values, options);
      const subscription = subscribe(request, nextBase++, dropped);
      if (!taps.add(subscription)) throw tooMany();
      try {
        yield* subscription.events(context.signal);
      } finally {
        taps.remove(subscription);
      }
    },
  });
  router.service(Exchanges, {
    async *watch(request, context) {
      checkClient(context.values, options);
      const watch = subscribeWatch(request, dropped, now);
      if (!taps.addWatch(watch)) throw tooMany();
      try {
        yield* watch.replies(context.signal);
      } finally {
        taps.removeWatch(watch);
      }
    },
  });
}

/** @throws ConnectError UNAUTHENTICATED unless the client is the mesh's tap client. */
function checkClient(values: ContextValues, { config, log }: TapOptions): void {
  const { clientIdentity } = config;
  const names = values.get(clientNames);
  if (names[0] === clientIdentity) return;
  const who = names[0] ?? 'no identity';
  log.warn({ client: who }, 'refused to be observed');
  throw new ConnectError(
    `only ${clientIdentity} may observe this proxy; the client has ${who}`,
    Code.Unauthenticated,
  );
}

function tooMany(): ConnectError {
  return new ConnectError('too many observers of this proxy', Code.ResourceExhausted);
}

function subscribe(request: ObserveRequest, base: number, dropped: Counter): TapSubscription {
  if (request.limit === 0) {
    throw new ConnectError('limit must be at least 1', Code.InvalidArgument);
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
    throw new ConnectError(TulleError.from(error).message, Code.InvalidArgument);
  }
}
