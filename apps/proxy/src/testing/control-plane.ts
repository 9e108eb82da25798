/** A small real control plane: destination and identity over gRPC on loopback, with certificates of a real authority. */
import { createServer } from 'node:http2';
import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Authority } from '@tulle/pki';
import {
  CertifyResponseSchema,
  Destination,
  DestinationProfileSchema,
  Identity,
  UpdateSchema,
  WeightedAddrSchema,
  toTcpAddress,
} from '@tulle/proxy-api';
import type { DestinationProfile, Update, WeightedAddr } from '@tulle/proxy-api';

export interface PlannedEndpoint {
  readonly host: string;
  readonly port: number;
  /** Null: outside the mesh. */
  readonly identity: string | null;
  /** The controller's word that its proxy takes HTTP/1 carried as HTTP/2. */
  readonly hint?: 'h2' | 'opaque';
  /** Its proxy takes connections with a transport header on this port. */
  readonly inboundPort?: number;
}

/** What is answered for one service. */
export interface PlannedService {
  /** `web-svc.emojivoto.svc.cluster.local`. */
  readonly name: string;
  /** `ip:port` that applications dial. */
  readonly address: string;
  readonly port: number;
  readonly endpoints: readonly PlannedEndpoint[];
  readonly profile?: MessageInitShape<typeof DestinationProfileSchema>;
}

export interface ControlPlane {
  /** Serves destination and identity. */
  readonly port: number;
  readonly authority: Authority;
  /** Identities certified so far, in order. */
  readonly certified: readonly string[];
  /** Dies like a killed process: connections break, nothing listens. */
  kill(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Where it listens; loopback where absent. */
  readonly host?: string;
  /** Certificates are said to end after this; a day where absent. */
  readonly leafLifetimeMs?: number;
  /** Called for each `Get` and `GetProfile` that begins. */
  readonly onAsked?: (path: string) => void;
}

/** Starts on a free port (or `port`). The caller kills it. */
export async function startControlPlane(
  authority: Authority,
  services: readonly PlannedService[],
  port = 0,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const { host = '127.0.0.1', leafLifetimeMs, onAsked } = options;
  const certified: string[] = [];
  const stop = new AbortController();
  const handler = connectNodeAdapter({
    routes: (router) => {
      router.service(Identity, {
        certify: async (request) => {
          const leaf = await authority.issue(request.certificateSigningRequest, request.identity);
          certified.push(request.identity);
          return create(CertifyResponseSchema, {
            leafCertificate: leaf.certificateDer,
            intermediateCertificates: [...leaf.intermediatesDer],
            validUntil: timestampFromMs(
              leafLifetimeMs === undefined ? leaf.validUntilMs : Date.now() + leafLifetimeMs,
            ),
          });
        },
      });
      router.service(Destination, {
        async *get(request, context) {
          onAsked?.(request.path);
          yield updateOf(services, request.path);
          await aborted(AbortSignal.any([context.signal, stop.signal]));
        },
        async *getProfile(request, context) {
          onAsked?.(request.path);
          yield profileOf(services, request.path);
          await aborted(AbortSignal.any([context.signal, stop.signal]));
        },
      });
    },
  });
  const server = createServer(handler);
  const sessions = trackSessions(server);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    authority,
    certified,
    kill: async () => {
      stop.abort();
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function trackSessions(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  return sessions;
}

function updateOf(services: readonly PlannedService[], path: string): Update {
  const service = services.find(({ name, port }) => path === `${name}:${port}`);
  if (service === undefined || service.endpoints.length === 0) {
    return create(UpdateSchema, {
      update: { case: 'noEndpoints', value: { exists: service !== undefined } },
    });
  }
  const addrs = service.endpoints.map(weightedAddress);
  return create(UpdateSchema, { update: { case: 'add', value: { addrs } } });
}

function weightedAddress({
  host,
  port,
  identity,
  hint,
  inboundPort,
}: PlannedEndpoint): WeightedAddr {
  const addr = toTcpAddress(host, port);
  if (addr === null) throw new Error(`${host}:${port} is no address.`);
  const name = { name: identity ?? '' };
  return create(WeightedAddrSchema, {
    addr,
    weight: 10_000,
    metricLabels: { namespace: 'test', pod: `pod-${port}` },
    protocolHint: {
      ...(hint !== undefined && { protocol: { case: hint, value: {} } }),
      ...(inboundPort !== undefined && { opaqueTransport: { inboundPort } }),
    },
    ...(identity === null
      ? {}
      : {
          tlsIdentity: {
            strategy: { case: 'dnsLikeIdentity' as const, value: name },
            serverName: name,
          },
        }),
  });
}

function profileOf(services: readonly PlannedService[], path: string): DestinationProfile {
  const service = services.find(
    ({ address, name, port }) => path === address || path === `${name}:${port}`,
  );
  // What Linkerd's answers for an address that is no service; NotFound would be asked again.
  if (service === undefined) throw new ConnectError('no such service', Code.InvalidArgument);
  return create(DestinationProfileSchema, {
    fullyQualifiedName: service.name,
    ...service.profile,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
