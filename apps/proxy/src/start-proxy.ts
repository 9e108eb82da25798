/** Builds a proxy from its parts, in the order they need each other, and takes it down again. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@tulle/telemetry';
import { startAdmin } from './admin/start-admin.ts';
import type { Environment } from './config/env-reader.ts';
import type { ProxyConfig } from './config/proxy-config.ts';
import { createDial } from './connect/dial.ts';
import { createTargets } from './discover/create-targets.ts';
import type { OwnedTargets } from './discover/create-targets.ts';
import type { Codecs } from './detect/serve-detected.ts';
import { serveHttp1 } from './http1/serve-http1.ts';
import { serveHttp2 } from './http2/server.ts';
import { createIdentity } from './identity/create-identity.ts';
import type { Identity } from './identity/identity.ts';
import { directTest } from './inbound/accept-direct.ts';
import { acceptInbound } from './inbound/accept-inbound.ts';
import { refusesInbound, refusesOutbound } from './listen/refused-destinations.ts';
import { Listener } from './listen/listener.ts';
import { directMetrics } from './observe/direct-metrics.ts';
import { createProxyMetrics } from './observe/proxy-metrics.ts';
import type { ProxyMetrics } from './observe/proxy-metrics.ts';
import { startTap } from './observe/tap/start-tap.ts';
import type { TapServer } from './observe/tap/start-tap.ts';
import { TapRegistry } from './observe/tap/tap-registry.ts';
import { acceptOutbound } from './outbound/accept-outbound.ts';
import { releaseStartupMemory } from './release-startup-memory.ts';
import type { Address } from './stack/connection.ts';
import { serveTcp } from './tcp/serve-tcp.ts';

export interface ProxyOptions {
  readonly config: ProxyConfig;
  readonly env: Environment;
  readonly log: Logger;
}

export interface RunningProxy {
  /** Stops accepting, lets connections finish within the grace period, then closes what is left. */
  shutdown(): void;
  /** Resolves when everything is closed; rejects when the tap's address is taken. */
  readonly stopped: Promise<void>;
}

/** nginx and Envoy are about here too; linkerd2-proxy has 64 KiB and no limit of fields but 100. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADER_FIELDS = 100;
/** linkerd2-proxy never cuts a slow head off; slowloris lives on that. */
const HEAD_TIMEOUT_MS = 10_000;
/** Longer than clients keep pooled connections, so that it is they who close. */
const CLIENT_IDLE_TIMEOUT_MS = 600_000;

/**
 * Starts a proxy: the admin page answers at once, connections are accepted at once and served from the first certificate on.
 * @throws TulleError `unavailable` when an address is taken, `invalid_argument` when the identity folder cannot be read.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { config, env, log } = options;
  const now = (): number => performance.now();
  const metrics = createProxyMetrics({
    retainIdleMs: config.metricsRetainIdleMs,
    now,
    version: '0.1.0',
  });
  if (config.unused.length > 0) {
    log.info({ variables: config.unused }, 'variables that are set and have no effect');
  }
  const taps = new TapRegistry();
  const identity = await createIdentity({ config: config.identity, metrics, log });
  const targets = createTargets({ config, identity, metrics, taps, log });
  const asked = Promise.withResolvers<void>();
  const admin = await startAdmin({
    config: config.admin,
    registry: metrics.registry,
    isReady: () => identity.isReady,
    env,
    log,
    shutdown: () => asked.resolve(),
  });
  const listeners = [
    await openInbound(config, identity, targets, metrics, log),
    await openOutbound(config, identity, targets, log),
  ];
  let tap: TapServer | null = null;
  const serve = async (): Promise<void> => {
    await identity.ready;
    releaseStartupMemory();
    for (const listener of listeners) listener.start();
    log.info({ identity: identity.localName }, 'ready');
    if (config.tap === null) return;
    tap = await startTap({
      config: config.tap,
      identity,
      taps,
      dropped: metrics.tapDropped,
      log,
      now,
    });
  };
  const run = async (): Promise<void> => {
    // Whatever keeps it from serving ends the process; until then it waits to be asked.
    await Promise.race([asked.promise, serve().then(() => asked.promise)]);
    await drain(listeners, config.shutdownGraceMs, log);
    targets.close();
    identity.close();
    await Promise.all([admin.close(), tap?.close()]);
  };
  return { shutdown: () => asked.resolve(), stopped: run() };
}

async function drain(listeners: readonly Listener[], graceMs: number, log: Logger): Promise<void> {
  const drained = Promise.all(listeners.map((listener) => listener.drain()));
  const timer = new AbortController();
  const isLate = await Promise.race([
    drained.then(() => false),
    wait(graceMs, true, { signal: timer.signal }),
  ]);
  if (!isLate) {
    timer.abort();
    return;
  }
  const connections = listeners.reduce((sum, listener) => sum + listener.size, 0);
  log.warn({ connections, graceMs }, 'closing connections that did not finish in time');
  for (const listener of listeners) listener.destroy();
}

function openInbound(
  config: ProxyConfig,
  identity: Identity,
  targets: OwnedTargets,
  metrics: ProxyMetrics,
  log: Logger,
): Promise<Listener> {
  const { inbound } = config;
  const options = {
    target: (original: Address) => targets.inbound(original),
    isDirect: directTest(inbound.listen),
    direct: directMetrics(metrics),
    codecs: codecsOf(inbound, identity),
    detectTimeoutMs: inbound.detectTimeoutMs,
    serverName: identity.localName,
    secureContext: () => identity.certificate.secureContext,
    log,
  };
  return Listener.open({
    name: 'inbound',
    listen: inbound.listen,
    backlog: inbound.backlog,
    keepaliveMs: inbound.acceptKeepaliveMs,
    log,
    accept: (socket, original) => acceptInbound(socket, original, options),
    refuses: refusesInbound(inbound),
  });
}

function openOutbound(
  config: ProxyConfig,
  identity: Identity,
  targets: OwnedTargets,
  log: Logger,
): Promise<Listener> {
  const { outbound } = config;
  const options = {
    target: (original: Address) => targets.outbound(original),
    codecs: codecsOf(outbound, identity),
    detectTimeoutMs: outbound.detectTimeoutMs,
  };
  return Listener.open({
    name: 'outbound',
    listen: outbound.listen,
    backlog: outbound.backlog,
    keepaliveMs: outbound.acceptKeepaliveMs,
    log,
    accept: (socket, original) => acceptOutbound(socket, original, options),
    refuses: refusesOutbound(outbound),
  });
}

function codecsOf(
  direction: ProxyConfig['inbound'] | ProxyConfig['outbound'],
  identity: Identity,
): Codecs {
  return {
    http1: serveHttp1,
    http2: serveHttp2,
    tcp: serveTcp,
    context: {
      now: () => performance.now(),
      dial: createDial({
        connectTimeoutMs: direction.connectTimeoutMs,
        keepaliveMs: direction.connectKeepaliveMs,
        clientContext: () => identity.certificate.secureContext,
      }),
      limits: {
        maxHeadBytes: MAX_HEAD_BYTES,
        maxHeaderFields: MAX_HEADER_FIELDS,
        headTimeoutMs: HEAD_TIMEOUT_MS,
        clientIdleTimeoutMs: CLIENT_IDLE_TIMEOUT_MS,
        poolIdleTimeoutMs: direction.poolIdleTimeoutMs,
        maxIdlePerEndpoint: direction.maxIdlePerEndpoint,
      },
    },
  };
}
