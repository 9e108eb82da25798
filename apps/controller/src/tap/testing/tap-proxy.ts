/** A real tap service over mutual TLS, in a proxy's place, for this folder's tests. */
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { InstanceState, WorkloadRef } from '@tulle/model';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import type { Authority } from '@tulle/pki';
import { Exchanges, Tap, TapEventSchema, toTcpAddress, WatchReplySchema } from '@tulle/proxy-api';
import type { ObserveRequest, TapEvent, TapEvent_HttpSchema } from '@tulle/proxy-api';
import type { WatchReply, WatchRequest } from '@tulle/proxy-api';
import { createSecureServer } from 'node:http2';
import type { Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

export const TAP_CLIENT = 'tap.tulle.serviceaccount.identity.tulle.cluster.local';

export function identityOf(serviceAccount: string): string {
  return `${serviceAccount}.demo.serviceaccount.identity.tulle.cluster.local`;
}

export async function testAuthority(): Promise<Authority> {
  const names = { trustDomain: 'cluster.local', controlPlaneNamespace: 'tulle' };
  return createAuthority(await createAuthorityMaterial(names));
}

type HttpEvent = NonNullable<MessageInitShape<typeof TapEvent_HttpSchema>['event']>;

export interface TapProxy {
  readonly instance: InstanceState;
  /** Observes under way, newest last. */
  readonly requests: ObserveRequest[];
  readonly observers: Set<(event: TapEvent) => void>;
  /** Watches under way, newest last; none where the proxy knows only Observe. */
  readonly watches: WatchRequest[];
  /** Tells all watches. */
  reply(reply: MessageInitShape<typeof WatchReplySchema>): void;
  /** Refuses the next Observes with this. */
  refuseWith: ConnectError | null;
  send(event: HttpEvent, parts?: Pick<MessageInitShape<typeof TapEventSchema>, 'sourceMeta'>): void;
  close(): Promise<void>;
}

/** Starts a proxy's tap service on any port, under the identity of the workload's service account. */
export async function startTapProxy(
  authority: Authority,
  workload: WorkloadRef,
  name: string,
  identity: string = identityOf(workload.name),
  knowsWatch: boolean = false,
): Promise<TapProxy> {
  const credentials = await authority.issueCredentials(identity);
  const requests: ObserveRequest[] = [];
  const observers = new Set<(event: TapEvent) => void>();
  const watches: WatchRequest[] = [];
  const watchers = new Set<(reply: WatchReply) => void>();
  const sessions = new Set<Http2Session>();
  const state = { refuseWith: null as ConnectError | null };
  const server = createSecureServer(
    {
      key: credentials.keyPem,
      cert: credentials.certPem,
      ca: credentials.anchorsPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    connectNodeAdapter({
      routes: (router) => {
        router.service(Tap, {
          async *observe(request, { signal }) {
            if (state.refuseWith !== null) throw state.refuseWith;
            requests.push(request);
            yield* eventsOf(request, observers, signal);
          },
        });
        if (!knowsWatch) return;
        router.service(Exchanges, {
          async *watch(request, { signal }) {
            watches.push(request);
            yield* queued(watchers, signal);
          },
        });
      },
    }),
  );
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tapAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    instance: {
      ref: { kind: 'pod', namespace: workload.namespace, name },
      workload,
      serviceAccount: workload.name,
      phase: 'ready',
      restarts: 0,
      reason: null,
      proxy: {
        identity: identityOf(workload.name),
        adminAddress: '',
        tapAddress,
        version: '1',
        ready: true,
      },
      endpoints: [],
      startedAtMs: 0,
    },
    requests,
    observers,
    watches,
    reply(reply): void {
      const message = create(WatchReplySchema, reply);
      for (const watcher of watchers) watcher(message);
    },
    get refuseWith() {
      return state.refuseWith;
    },
    set refuseWith(error) {
      state.refuseWith = error;
    },
    send(event, parts = {}): void {
      const source = toTcpAddress('10.0.0.9', 5000);
      const destination = toTcpAddress('10.0.0.1', 8080);
      const message = create(TapEventSchema, {
        proxyDirection: 1,
        ...(source && { source }),
        ...(destination && { destination }),
        ...parts,
        event: { case: 'http', value: { event } },
      });
      for (const observer of observers) observer(message);
    },
    async close(): Promise<void> {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function refusal(): ConnectError {
  return new ConnectError('only the tap client may observe this proxy', Code.Unauthenticated);
}

/** As a proxy does: shows `limit` requests and ends with the last of them. */
async function* eventsOf(
  { limit }: ObserveRequest,
  observers: Set<(event: TapEvent) => void>,
  signal: AbortSignal,
): AsyncGenerator<TapEvent> {
  let ended = 0;
  for await (const event of queued(observers, signal)) {
    yield event;
    if (event.event.value?.event.case === 'responseEnd') ended += 1;
    if (ended === limit) return;
  }
}

/** What listeners are told, until the signal aborts. */
async function* queued<T>(
  listeners: Set<(item: T) => void>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const queue: T[] = [];
  let wake = (): void => undefined;
  const listener = (item: T): void => {
    queue.push(item);
    wake();
  };
  listeners.add(listener);
  signal.addEventListener('abort', () => wake());
  try {
    while (!signal.aborted) {
      const item = queue.shift();
      if (item === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else yield item;
    }
  } finally {
    listeners.delete(listener);
  }
}
