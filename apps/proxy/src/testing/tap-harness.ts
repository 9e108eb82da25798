/** A proxy's tap over real mutual TLS, with requests made by hand. */
import type { TestContext } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import {
  Exchanges,
  Tap,
  type ObserveRequestSchema,
  type TapEvent,
  type WatchReply,
  type WatchRequestSchema,
} from '@tulle/proxy-api';
import { createSecureContext } from 'node:tls';
import type { Certificate, Identity } from '../identity/identity.ts';
import { startTap } from '../observe/tap/start-tap.ts';
import type { Exchange } from '../stack/http-service.ts';
import { testAuthority } from './certified.ts';
import { silentLog } from './silent-log.ts';
import { TEST_IDENTITY } from './test-config.ts';
import { meshedPeer, requestHead, responseHead } from './test-heads.ts';
import { startTargets } from './test-targets.ts';

export const TAP_CLIENT = 'tap.tulle.serviceaccount.identity.tulle.cluster.local';
/** Who the requests come from. */
export const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
export type ObserveInit = MessageInitShape<typeof ObserveRequestSchema>;
export type WatchInit = MessageInitShape<typeof WatchRequestSchema>;

/** @param clientName identity the observer shows; null for none. */
export async function startTapHarness(t: TestContext, clientName: string | null = TAP_CLIENT) {
  const authority = await testAuthority();
  const own = await authority.issueCredentials(TEST_IDENTITY);
  const certificate: Certificate = {
    secureContext: createSecureContext({ key: own.keyPem, cert: own.certPem, ca: own.anchorsPem }),
    keyPem: own.keyPem,
    chainPem: own.certPem,
    anchorsPem: own.anchorsPem,
    expiresAtMs: own.validUntilMs,
  };
  const identity: Identity = {
    localName: TEST_IDENTITY,
    isReady: true,
    ready: Promise.resolve(),
    certificate,
    onRenewed: () => () => {},
    close: () => {},
  };
  const mesh = await startTargets();
  const server = await startTap({
    config: { address: { host: '127.0.0.1', port: 0 }, clientIdentity: TAP_CLIENT },
    identity,
    taps: mesh.taps,
    dropped: mesh.metrics.tapDropped,
    log: silentLog,
    now: () => mesh.clock.ms,
  });
  const shown = clientName === null ? null : await authority.issueCredentials(clientName);
  const baseUrl = `https://127.0.0.1:${server.address.port}`;
  const sessionManager = new Http2SessionManager(
    baseUrl,
    {},
    {
      ca: authority.trustAnchorsPem,
      servername: TEST_IDENTITY,
      ...(shown !== null && { key: shown.keyPem, cert: shown.certPem }),
    },
  );
  t.after(async () => {
    // The client first: what it still has open would be told of the server's end after the test.
    sessionManager.abort();
    await server.close();
    await mesh.close();
  });
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  const client = createClient(Tap, transport);
  const watcher = createClient(Exchanges, transport);
  const replies: WatchReply[] = [];
  const watch = (request: WatchInit) => {
    const stop = new AbortController();
    const ended = (async () => {
      for await (const reply of watcher.watch(request, { signal: stop.signal })) {
        replies.push(reply);
      }
    })();
    // A watch goes on until its client goes: at the test's end that is no fault.
    ended.catch(() => undefined);
    return { ended, stop };
  };
  const events: TapEvent[] = [];
  const observe = (request: ObserveInit) => {
    const stop = new AbortController();
    const ended = (async () => {
      for await (const event of client.observe(request, { signal: stop.signal })) {
        events.push(event);
      }
    })();
    return { ended, stop };
  };
  const target = mesh.targets.inbound({ host: '127.0.0.1', port: 9000 });
  const send = (
    path = '/api/vote?choice=:joy:&token=hunter2',
    fields: readonly (readonly [string, string])[] = [],
  ): Exchange =>
    target.http.begin(
      requestHead({ method: 'GET', authority: 'web', path }, fields),
      meshedPeer(CLIENT),
    ) as Exchange;
  return { ...mesh, server, events, replies, observe, watch, send };
}

/** Answers a request whole, with 42 bytes. */
export function finish(exchange: Exchange, status = 200): void {
  exchange.responseHead(responseHead(status, [['set-cookie', 'session=1']]), false);
  exchange.firstBodyByte();
  exchange.responseBytes(12);
  exchange.responseBytes(30);
  exchange.end({ kind: 'complete' });
}
