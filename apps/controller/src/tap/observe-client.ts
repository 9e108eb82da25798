import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { TulleError } from '@tulle/model';
import type { InstanceProxy } from '@tulle/model';
import { Exchanges, ObserveRequestSchema, Tap, WatchRequestSchema } from '@tulle/proxy-api';
import type { TapEvent, WatchReply } from '@tulle/proxy-api';
import type { PeerCertificate } from 'node:tls';

/** What the tap client proves itself with, PEM. */
export interface TapCredentials {
  readonly certPem: string;
  readonly keyPem: string;
  readonly anchorsPem: string;
}

/** Asked before each new connection, so that a renewed certificate is used. */
export type TapCredentialsSource = () => Promise<TapCredentials>;

/** One connection to one proxy's tap service. */
export interface ObserveConnection {
  /**
   * Events of one Observe, until its limit of requests has ended or the signal aborts.
   * @throws TulleError `unavailable`, `permission_denied` when the proxy does not take our identity, `internal`.
   */
  observe(
    request: MessageInitShape<typeof ObserveRequestSchema>,
    signal: AbortSignal,
  ): AsyncIterable<TapEvent>;
  /**
   * Exchanges of one Watch, until the signal aborts.
   * @throws TulleError as `observe`, and `not_found` when the proxy knows no Watch (Linkerd's).
   */
  watch(
    request: MessageInitShape<typeof WatchRequestSchema>,
    signal: AbortSignal,
  ): AsyncIterable<WatchReply>;
  close(): void;
}

/** Connects to proxies; replaced in tests of what uses it. */
export type ConnectObserve = (proxy: InstanceProxy) => Promise<ObserveConnection>;

/** Connections over mutual TLS: the proxy must prove the identity the platform says it has. */
export function createConnectObserve(credentials: TapCredentialsSource): ConnectObserve {
  return async (proxy) => {
    const { certPem, keyPem, anchorsPem } = await credentials();
    const baseUrl = `https://${proxy.tapAddress}`;
    const sessionManager = new Http2SessionManager(baseUrl, undefined, {
      cert: certPem,
      key: keyPem,
      ca: anchorsPem,
      minVersion: 'TLSv1.3',
      servername: proxy.identity,
      // Node checks names only up to 63 characters a label and wants no trailing detail of ours: compare exactly.
      checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
        certificate.subjectaltname?.split(', ').includes(`DNS:${proxy.identity}`) === true
          ? undefined
          : new Error(`it proved another name than ${proxy.identity}`),
    });
    const transport = createGrpcTransport({ baseUrl, sessionManager });
    const client = createClient(Tap, transport);
    const watcher = createClient(Exchanges, transport);
    return {
      async *observe(request, signal): AsyncGenerator<TapEvent> {
        try {
          yield* client.observe(create(ObserveRequestSchema, request), { signal });
        } catch (error) {
          if (!signal.aborted) throw toTulleError(error);
        }
      },
      async *watch(request, signal): AsyncGenerator<WatchReply> {
        try {
          yield* watcher.watch(create(WatchRequestSchema, request), { signal });
        } catch (error) {
          if (signal.aborted) return;
          if (ConnectError.from(error).code === Code.Unimplemented) {
            throw new TulleError('not_found', 'it knows no Watch', { cause: error });
          }
          throw toTulleError(error);
        }
      },
      close: () => sessionManager.abort(),
    };
  };
}

function toTulleError(reason: unknown): TulleError {
  const error = ConnectError.from(reason);
  const message = error.rawMessage.includes('ECONNREFUSED')
    ? 'its tap port is closed: it was injected without tap, or is starting; restart it to be able to tap it'
    : error.rawMessage;
  switch (error.code) {
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return new TulleError('permission_denied', message, { cause: reason });
    case Code.ResourceExhausted:
      return new TulleError('resource_exhausted', message, { cause: reason });
    case Code.Unimplemented:
      return new TulleError('unavailable', 'it serves no tap', { cause: reason });
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled:
      return new TulleError('unavailable', message, { cause: reason });
    default:
      return new TulleError('internal', message, { cause: reason });
  }
}
