import type { InjectConfig } from '../config/inject-config.ts';
import type { PodSettings } from '../annotations/read-settings.ts';
import type { Container, EnvVar } from '../kubernetes/pod.ts';
import { probePaths } from './probe-paths.ts';

export interface EnvironmentOptions {
  readonly config: InjectConfig;
  readonly settings: PodSettings;
  readonly containers: readonly Container[];
  readonly trustAnchorsPem: string;
  readonly isIngress: boolean;
  readonly isTapped: boolean;
}

export const IDENTITY_DIR = '/var/run/linkerd/identity/end-entity';
export const TOKEN_DIR = '/var/run/secrets/tokens';
export const TOKEN_FILE = 'linkerd-identity-token';
/** Longer than a connection lives, and still a timer that every runtime can hold. */
const NEVER = '20d';

/** The proxy's environment. What refers to other variables comes after them, as Kubernetes wants it. */
export function proxyEnvironment(options: EnvironmentOptions): EnvVar[] {
  return [
    ...podFields(),
    ...listenAddresses(options),
    ...controlPlane(options),
    ...inbound(options),
    ...outbound(options),
    ...identity(options),
    ...process(options),
    ...options.settings.proxy.additionalEnv,
  ];
}

function podFields(): EnvVar[] {
  return [
    field('_pod_name', 'metadata.name'),
    field('_pod_ns', 'metadata.namespace'),
    field('_pod_nodeName', 'spec.nodeName'),
    field('_pod_sa', 'spec.serviceAccountName'),
  ];
}

function listenAddresses({ config, settings }: EnvironmentOptions): EnvVar[] {
  const { ports } = settings.proxy;
  const any = config.disableIPv6 ? '0.0.0.0' : '[::]';
  const loopback = [`127.0.0.1:${ports.outbound}`];
  if (!config.disableIPv6) loopback.push(`[::1]:${ports.outbound}`);
  return [
    set('CONTROL_LISTEN_ADDR', `${any}:${ports.control}`),
    set('ADMIN_LISTEN_ADDR', `${any}:${ports.admin}`),
    set('OUTBOUND_LISTEN_ADDR', loopback[0] ?? ''),
    set('OUTBOUND_LISTEN_ADDRS', loopback.join(',')),
    set('INBOUND_LISTEN_ADDR', `${any}:${ports.inbound}`),
  ];
}

function controlPlane({ config, isTapped }: EnvironmentOptions): EnvVar[] {
  const networks = config.clusterNetworks.join(',');
  const tap = isTapped ? [set('TAP_SVC_NAME', serverName(config, 'tap'))] : [];
  return [
    set('DESTINATION_SVC_ADDR', serviceAddress(config, 'destination', 8086)),
    set('DESTINATION_SVC_NAME', serverName(config, 'destination')),
    set(
      'DESTINATION_CONTEXT',
      '{"ns":"$(_pod_ns)", "nodeName":"$(_pod_nodeName)", "pod":"$(_pod_name)"}\n',
    ),
    set('DESTINATION_PROFILE_NETWORKS', networks),
    set('DESTINATION_PROFILE_SUFFIXES', `svc.${config.clusterDomain}.`),
    set('POLICY_SVC_ADDR', serviceAddress(config, 'policy', 8090)),
    // The destination Deployment serves policies too, so that this is its name.
    set('POLICY_SVC_NAME', serverName(config, 'destination')),
    set('POLICY_WORKLOAD', '{"ns":"$(_pod_ns)", "pod":"$(_pod_name)"}\n'),
    set('POLICY_CLUSTER_NETWORKS', networks),
    set('CONTROL_STREAM_INITIAL_TIMEOUT', '3s'),
    set('CONTROL_STREAM_IDLE_TIMEOUT', '5m'),
    set('CONTROL_STREAM_LIFETIME', '1h'),
    ...tap,
  ];
}

function inbound({ settings, containers }: EnvironmentOptions): EnvVar[] {
  const { proxy, opaquePorts } = settings;
  const named = containers
    .flatMap((container) => container.ports ?? [])
    .filter(({ protocol }) => protocol === undefined || protocol === 'TCP')
    .map(({ containerPort }) => containerPort);
  const ports = proxy.podInboundPorts || [...new Set(named)].sort((a, b) => a - b).join(',');
  return [
    set('INBOUND_DEFAULT_POLICY', proxy.defaultInboundPolicy),
    field('LINKERD2_PROXY_INBOUND_IPS', 'status.podIPs'),
    set('INBOUND_PORTS', ports),
    set('INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION', opaquePorts),
    ...some('INBOUND_PROBES', probePaths(containers).join(',')),
    ...some('INBOUND_PORTS_REQUIRE_IDENTITY', proxy.requireIdentityOnInboundPorts),
    set('INBOUND_CONNECT_TIMEOUT', proxy.inboundConnectTimeout),
    set('INBOUND_DISCOVERY_IDLE_TIMEOUT', proxy.inboundDiscoveryCacheUnusedTimeout),
    set('INBOUND_ACCEPT_KEEPALIVE', '10000ms'),
    ...some('INBOUND_DETECT_TIMEOUT', proxy.disableInboundProtocolDetectTimeout ? NEVER : ''),
    ...some('ACCESS_LOG', proxy.accessLog),
  ];
}

function outbound({ settings, isIngress }: EnvironmentOptions): EnvVar[] {
  const { proxy } = settings;
  return [
    set('OUTBOUND_CONNECT_TIMEOUT', proxy.outboundConnectTimeout),
    set('OUTBOUND_DISCOVERY_IDLE_TIMEOUT', proxy.outboundDiscoveryCacheUnusedTimeout),
    set('OUTBOUND_CONNECT_KEEPALIVE', '10000ms'),
    ...some('OUTBOUND_DETECT_TIMEOUT', proxy.disableOutboundProtocolDetectTimeout ? NEVER : ''),
    ...some('INGRESS_MODE', isIngress ? 'true' : ''),
  ];
}

function identity({ config, trustAnchorsPem }: EnvironmentOptions): EnvVar[] {
  const { controlPlaneNamespace: ns, trustDomain } = config;
  return [
    set('IDENTITY_DIR', IDENTITY_DIR),
    set('IDENTITY_TRUST_ANCHORS', trustAnchorsPem),
    set('IDENTITY_TOKEN_FILE', `${TOKEN_DIR}/${TOKEN_FILE}`),
    set('IDENTITY_SVC_ADDR', serviceAddress(config, 'identity', 8080)),
    set('IDENTITY_SVC_NAME', serverName(config, 'identity')),
    set(
      'IDENTITY_LOCAL_NAME',
      `$(_pod_sa).$(_pod_ns).serviceaccount.identity.${ns}.${trustDomain}`,
    ),
  ];
}

function process({ settings }: EnvironmentOptions): EnvVar[] {
  const { proxy } = settings;
  return [
    set('LOG', proxy.logLevel),
    set('LOG_FORMAT', proxy.logFormat),
    set('SHUTDOWN_ENDPOINT_ENABLED', String(proxy.enableShutdownEndpoint)),
    ...some('SHUTDOWN_GRACE_PERIOD', proxy.shutdownGracePeriod),
  ];
}

function serviceAddress(config: InjectConfig, service: string, port: number): string {
  return `tulle-${service}.${config.controlPlaneNamespace}.svc.${config.clusterDomain}.:${port}`;
}

/** The identity a part of the control plane shows: that of its ServiceAccount. */
function serverName(config: InjectConfig, account: string): string {
  const { controlPlaneNamespace: ns, trustDomain } = config;
  return `tulle-${account}.${ns}.serviceaccount.identity.${ns}.${trustDomain}`;
}

function set(name: string, value: string): EnvVar {
  return { name: `LINKERD2_PROXY_${name}`, value };
}

function some(name: string, value: string): EnvVar[] {
  return value === '' ? [] : [set(name, value)];
}

function field(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
