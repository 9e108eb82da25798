import { TulleError } from '@tulle/model';
import { parseLogFilter, type LogLevel } from '@tulle/telemetry';
import type { Address } from '../stack/connection.ts';
import { EnvReader, type Environment } from './env-reader.ts';
import { parseIpNetworks, splitList } from './ip-networks.ts';
import { readIps, readUnused } from './read-unused.ts';
import type {
  AccessLogFormat,
  Backoff,
  DestinationConfig,
  IdentityConfig,
  InboundConfig,
  ListenConfig,
  OutboundConfig,
  PolicyConfig,
  ProxyConfig,
  QueueConfig,
  StreamLimits,
} from './proxy-config.ts';

const DEFAULT_POLICIES = [
  'deny',
  'all-authenticated',
  'all-unauthenticated',
  'cluster-authenticated',
  'cluster-unauthenticated',
  'audit',
] as const;

/** TLS server names are DNS names; a longer one could not be sent. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * Reads the proxy's configuration from the variables `LINKERD2_PROXY_*`. Those of linkerd2-proxy that have no effect here
 * are checked and listed in `unused`; ones that it does not know either are passed over, as it does.
 * @throws TulleError `invalid_argument` with one issue for each variable at fault; the process exits with 64.
 */
export function readProxyConfig(env: Environment): ProxyConfig {
  const reader = new EnvReader(env);
  const streams = readStreamLimits(reader);
  const config: ProxyConfig = {
    inbound: readInbound(reader),
    outbound: readOutbound(reader),
    admin: {
      address: reader.listenAddress('ADMIN_LISTEN_ADDR', { host: '127.0.0.1', port: 4191 }),
      shutdownEnabled: reader.flag('SHUTDOWN_ENDPOINT_ENABLED'),
    },
    tap: readTap(reader),
    identity: readIdentity(reader),
    destination: readDestination(reader, streams),
    policy: readPolicy(reader, streams),
    unused: readUnused(reader),
    log: {
      level: readLogLevel(reader),
      format: reader.oneOf('LOG_FORMAT', ['plain', 'json'], 'plain'),
    },
    metricsRetainIdleMs: reader.durationMs('METRICS_RETAIN_IDLE', 600_000),
    shutdownGraceMs: reader.durationMs('SHUTDOWN_GRACE_PERIOD', 120_000),
  };
  if (reader.issues.length === 0) return config;
  throw new TulleError(
    'invalid_argument',
    `The proxy cannot start: ${reader.issues.length} of its environment variables ${reader.issues.length === 1 ? 'is' : 'are'} wrong. Correct them and start it again.`,
    { issues: reader.issues },
  );
}

function readLogLevel(reader: EnvReader): LogLevel {
  const filter = reader.text('LOG') ?? 'warn,linkerd=info,hickory=error';
  const level = parseLogFilter(filter);
  if (level === null)
    reader.fault('LOG', `"${filter}" is not a log filter such as warn,linkerd=info`);
  return level ?? 'info';
}

function readInbound(reader: EnvReader): InboundConfig {
  const defaultPolicy = reader.oneOf(
    'INBOUND_DEFAULT_POLICY',
    DEFAULT_POLICIES,
    'all-unauthenticated',
  );
  const clusterNetworks = parseIpNetworks(reader.text('POLICY_CLUSTER_NETWORKS') ?? '', (message) =>
    reader.fault('POLICY_CLUSTER_NETWORKS', message),
  );
  const needsNetworks = defaultPolicy.startsWith('cluster-') || defaultPolicy === 'audit';
  if (needsNetworks && clusterNetworks.isEmpty) {
    reader.fault(
      'POLICY_CLUSTER_NETWORKS',
      `must be set for INBOUND_DEFAULT_POLICY=${defaultPolicy}`,
    );
  }
  return {
    listen: readListen(reader, 'INBOUND', [
      reader.listenAddress('INBOUND_LISTEN_ADDR', { host: '0.0.0.0', port: 4143 }),
    ]),
    backlog: reader.optionalInteger('INBOUND_TCP_LISTEN_BACKLOG', 1),
    detectTimeoutMs: reader.durationMs('INBOUND_DETECT_TIMEOUT', 10_000),
    connectTimeoutMs: reader.durationMs('INBOUND_CONNECT_TIMEOUT', 300),
    connectBackoff: readBackoff(reader, 'INBOUND_CONNECT_EXP_BACKOFF', 10_000),
    acceptKeepaliveMs: reader.optionalDurationMs('INBOUND_ACCEPT_KEEPALIVE'),
    connectKeepaliveMs: reader.optionalDurationMs('INBOUND_CONNECT_KEEPALIVE'),
    queue: readQueue(reader, 'INBOUND_HTTP', 1_000),
    maxInFlight: reader.integer('INBOUND_MAX_IN_FLIGHT', 100_000, 1),
    maxIdlePerEndpoint: reader.integer('MAX_IDLE_CONNS_PER_ENDPOINT', 10_000),
    poolIdleTimeoutMs: reader.durationMs('INBOUND_HTTP1_CONNECTION_POOL_IDLE_TIMEOUT', 3_000),
    discoveryIdleTimeoutMs: reader.durationMs('INBOUND_DISCOVERY_IDLE_TIMEOUT', 90_000),
    defaultPolicy,
    opaquePorts: reader.ports('INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION'),
    identityPorts: reader.ports('INBOUND_PORTS_REQUIRE_IDENTITY'),
    probes: reader.portPaths('INBOUND_PROBES'),
    ips: readIps(reader, 'INBOUND_IPS'),
    clusterNetworks,
    ports: reader.ports('INBOUND_PORTS'),
    accessLog:
      reader.text('ACCESS_LOG') === null
        ? null
        : reader.oneOf<AccessLogFormat>('ACCESS_LOG', ['apache', 'json'], 'apache'),
  };
}

function readOutbound(reader: EnvReader): OutboundConfig {
  const single = reader.listenAddress('OUTBOUND_LISTEN_ADDR', { host: '127.0.0.1', port: 4140 });
  const several = reader.listenAddresses('OUTBOUND_LISTEN_ADDRS');
  if (several.length > 2) reader.fault('OUTBOUND_LISTEN_ADDRS', 'takes at most two addresses');
  const isIngress = reader.flag('INGRESS_MODE');
  const silences = 'OUTBOUND_DISABLE_INFORMATIONAL_HEADERS';
  const isSilent = reader.text(silences) === null ? isIngress : reader.flag(silences);
  return {
    listen: readListen(reader, 'OUTBOUND', several.length > 0 ? several : [single]),
    backlog: reader.optionalInteger('OUTBOUND_TCP_LISTEN_BACKLOG', 1),
    detectTimeoutMs: reader.durationMs('OUTBOUND_DETECT_TIMEOUT', 10_000),
    connectTimeoutMs: reader.durationMs('OUTBOUND_CONNECT_TIMEOUT', 1_000),
    connectBackoff: readBackoff(reader, 'OUTBOUND_CONNECT_EXP_BACKOFF', 60_000),
    acceptKeepaliveMs: reader.optionalDurationMs('OUTBOUND_ACCEPT_KEEPALIVE'),
    connectKeepaliveMs: reader.optionalDurationMs('OUTBOUND_CONNECT_KEEPALIVE'),
    queue: readQueue(reader, 'OUTBOUND_HTTP', 3_000),
    maxInFlight: reader.integer('OUTBOUND_MAX_IN_FLIGHT', 100_000, 1),
    maxIdlePerEndpoint: reader.integer('OUTBOUND_MAX_IDLE_CONNS_PER_ENDPOINT', 10_000),
    poolIdleTimeoutMs: reader.durationMs('OUTBOUND_HTTP1_CONNECTION_POOL_IDLE_TIMEOUT', 3_000),
    discoveryIdleTimeoutMs: reader.durationMs('OUTBOUND_DISCOVERY_IDLE_TIMEOUT', 5_000),
    isIngress,
    tellsClients: !isSilent,
  };
}

function readListen(
  reader: EnvReader,
  direction: string,
  addresses: readonly Address[],
): ListenConfig {
  const pairs = reader.listenPairs(`${direction}_ORIGINAL_DST_TABLE`);
  return pairs === null ? { kind: 'kernel', addresses } : { kind: 'table', pairs };
}

function readQueue(reader: EnvReader, name: string, failfastMs: number): QueueConfig {
  return {
    capacity: reader.integer(`${name}_QUEUE_CAPACITY`, 10_000, 1),
    failfastTimeoutMs: reader.durationMs(`${name}_FAILFAST_TIMEOUT`, failfastMs),
  };
}

function readBackoff(reader: EnvReader, name: string, defaultMaxMs: number): Backoff {
  const minMs = reader.durationMs(`${name}_MIN`, 100);
  const maxMs = reader.durationMs(`${name}_MAX`, defaultMaxMs);
  if (minMs < 1) reader.fault(`${name}_MIN`, 'must be longer than 0');
  if (maxMs < minMs) reader.fault(`${name}_MAX`, `must not be shorter than ${name}_MIN`);
  return { minMs, maxMs, jitter: reader.ratio(`${name}_JITTER`, 0.1) };
}

function readTap(reader: EnvReader): ProxyConfig['tap'] {
  const address = reader.listenAddress('CONTROL_LISTEN_ADDR', { host: '0.0.0.0', port: 4190 });
  const clientIdentity = reader.text('TAP_SVC_NAME');
  return clientIdentity === null ? null : { address, clientIdentity };
}

function readIdentity(reader: EnvReader): IdentityConfig {
  if (reader.text('IDENTITY_DISABLED') !== null) {
    reader.fault('IDENTITY_DISABLED', 'is no longer supported: every proxy has an identity');
  }
  const serverName = reader.text('IDENTITY_SERVER_NAME');
  const localName = reader.text('IDENTITY_LOCAL_NAME') ?? serverName;
  if (localName === null) reader.required('IDENTITY_LOCAL_NAME');
  else if (!DNS_NAME.test(localName)) {
    reader.fault('IDENTITY_LOCAL_NAME', `"${localName}" is not a DNS name in lower case`);
  }
  const serverId = reader.text('IDENTITY_SERVER_ID');
  if (serverId !== null && serverId !== localName) {
    reader.fault(
      'IDENTITY_SERVER_ID',
      'must be the server name: only DNS identities are supported',
    );
  }
  const trustAnchorsPem = reader.required('IDENTITY_TRUST_ANCHORS');
  if (trustAnchorsPem !== '' && !trustAnchorsPem.includes('-----BEGIN CERTIFICATE-----')) {
    reader.fault('IDENTITY_TRUST_ANCHORS', 'holds no certificate in PEM');
  }
  const minRefreshMs = reader.durationMs('IDENTITY_MIN_REFRESH', 10_000);
  const maxRefreshMs = reader.durationMs('IDENTITY_MAX_REFRESH', 86_400_000);
  if (maxRefreshMs < minRefreshMs) {
    reader.fault('IDENTITY_MAX_REFRESH', 'must not be shorter than IDENTITY_MIN_REFRESH');
  }
  return {
    service: reader.control('IDENTITY'),
    localName: localName ?? '',
    dir: reader.required('IDENTITY_DIR'),
    tokenFile: reader.required('IDENTITY_TOKEN_FILE'),
    trustAnchorsPem,
    minRefreshMs,
    maxRefreshMs,
  };
}

function readDestination(reader: EnvReader, streams: StreamLimits): DestinationConfig {
  const suffixes = splitList(reader.text('DESTINATION_PROFILE_SUFFIXES') ?? 'svc.cluster.local.');
  return {
    service: reader.control('DESTINATION'),
    context: reader.text('DESTINATION_CONTEXT') ?? '',
    profileSuffixes: suffixes.map((suffix) => suffix.replace(/^\.|\.$/g, '')),
    profileNetworks: parseIpNetworks(reader.text('DESTINATION_PROFILE_NETWORKS') ?? '', (message) =>
      reader.fault('DESTINATION_PROFILE_NETWORKS', message),
    ),
    profileInitialTimeoutMs: reader.durationMs('DESTINATION_PROFILE_INITIAL_TIMEOUT', 500),
    streams,
  };
}

/** A controller of a kind that serves no policies is asked again seldom: every refusal is counted as a failed call. */
const ASK_REFUSED_AGAIN_MS = 300_000;
/** As long as a request waits for an endpoint (outbound failfast). */
const POLICY_INITIAL_TIMEOUT_MS = 3_000;

function readPolicy(reader: EnvReader, streams: StreamLimits): PolicyConfig {
  return {
    service: reader.control('POLICY'),
    workload: reader.required('POLICY_WORKLOAD'),
    streams,
    askRefusedAgainMs: ASK_REFUSED_AGAIN_MS,
    initialTimeoutMs: POLICY_INITIAL_TIMEOUT_MS,
  };
}

function readStreamLimits(reader: EnvReader): StreamLimits {
  const limits = {
    initialTimeoutMs: reader.optionalDurationMs('CONTROL_STREAM_INITIAL_TIMEOUT'),
    idleTimeoutMs: reader.optionalDurationMs('CONTROL_STREAM_IDLE_TIMEOUT'),
    lifetimeMs: reader.optionalDurationMs('CONTROL_STREAM_LIFETIME'),
  };
  const initial = limits.initialTimeoutMs ?? 0;
  const idle = limits.idleTimeoutMs ?? Infinity;
  if (initial > idle) {
    reader.fault(
      'CONTROL_STREAM_IDLE_TIMEOUT',
      'must be longer than CONTROL_STREAM_INITIAL_TIMEOUT',
    );
  }
  if (limits.lifetimeMs !== null && limits.idleTimeoutMs !== null && idle > limits.lifetimeMs) {
    reader.fault('CONTROL_STREAM_LIFETIME', 'must be longer than CONTROL_STREAM_IDLE_TIMEOUT');
  }
  return limits;
}
