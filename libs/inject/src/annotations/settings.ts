/** What annotations may change about one pod's proxy: one row for each, with the check its value has to pass. */
import {
  ACCESS_LOGS,
  DEFAULT_POLICIES,
  LOG_FORMATS,
  PULL_POLICIES,
  type InjectConfig,
} from '../config/inject-config.ts';
import {
  checkDuration,
  checkImageName,
  checkImageTag,
  checkInteger,
  checkLogFilter,
  checkOneOf,
  checkPortRanges,
  checkQuantity,
  checkSubnets,
  type Check,
} from '../values/values.ts';
import { readAdditionalEnv } from './additional-env.ts';

/** A configuration of its own for one pod, which annotations change. */
export type Draft = Mutable<Pick<InjectConfig, 'proxy' | 'proxyInit'>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

/** Puts the value of an annotation in force, or gives what is wrong with it. */
export type Setting = (draft: Draft, value: string) => string | null;

function checked(check: Check, set: (draft: Draft, value: string) => void): Setting {
  return (draft, value) => {
    const fault = check(value);
    if (fault === null) set(draft, value);
    return fault;
  };
}

const port = checkInteger(1, 65_535);
const userId = checkInteger(1, 2_147_483_647);
const truth = checkOneOf(['true', 'false']);

function quantity(
  resource: 'cpu' | 'memory' | 'ephemeral-storage',
  bound: 'request' | 'limit',
): Setting {
  return checked(checkQuantity, ({ proxy }, value) => (proxy.resources[resource][bound] = value));
}

/** By name after `config.linkerd.io/`. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  'proxy-image': checked(checkImageName, ({ proxy }, value) => (proxy.image.name = value)),
  'proxy-version': checked(checkImageTag, ({ proxy }, value) => (proxy.image.version = value)),
  'image-pull-policy': checked(checkOneOf(PULL_POLICIES), ({ proxy, proxyInit }, value) => {
    proxy.image.pullPolicy = value as Draft['proxy']['image']['pullPolicy'];
    if (proxyInit.image !== undefined) proxyInit.image.pullPolicy = proxy.image.pullPolicy;
  }),
  'control-port': checked(port, ({ proxy }, value) => (proxy.ports.control = Number(value))),
  'inbound-port': checked(port, ({ proxy }, value) => (proxy.ports.inbound = Number(value))),
  'outbound-port': checked(port, ({ proxy }, value) => (proxy.ports.outbound = Number(value))),
  'admin-port': checked(port, ({ proxy }, value) => (proxy.ports.admin = Number(value))),
  'pod-inbound-ports': checked(checkPortRanges, ({ proxy }, value) => {
    proxy.podInboundPorts = value;
  }),
  'skip-inbound-ports': checked(checkPortRanges, ({ proxyInit }, value) => {
    proxyInit.ignoreInboundPorts = value;
  }),
  'skip-outbound-ports': checked(checkPortRanges, ({ proxyInit }, value) => {
    proxyInit.ignoreOutboundPorts = value;
  }),
  'skip-subnets': checked(checkSubnets, ({ proxyInit }, value) => (proxyInit.skipSubnets = value)),
  'proxy-require-identity-inbound-ports': checked(checkPortRanges, ({ proxy }, value) => {
    proxy.requireIdentityOnInboundPorts = value;
  }),
  'proxy-cpu-request': quantity('cpu', 'request'),
  'proxy-cpu-limit': quantity('cpu', 'limit'),
  'proxy-memory-request': quantity('memory', 'request'),
  'proxy-memory-limit': quantity('memory', 'limit'),
  'proxy-ephemeral-storage-request': quantity('ephemeral-storage', 'request'),
  'proxy-ephemeral-storage-limit': quantity('ephemeral-storage', 'limit'),
  'proxy-uid': checked(userId, ({ proxy }, value) => (proxy.uid = Number(value))),
  'proxy-gid': checked(userId, ({ proxy }, value) => (proxy.gid = Number(value))),
  'proxy-admin-shutdown': checked(checkOneOf(['enabled', 'disabled']), ({ proxy }, value) => {
    proxy.enableShutdownEndpoint = value === 'enabled';
  }),
  'proxy-log-level': checked(checkLogFilter, ({ proxy }, value) => (proxy.logLevel = value)),
  'proxy-log-format': checked(checkOneOf(LOG_FORMATS), ({ proxy }, value) => {
    proxy.logFormat = value as Draft['proxy']['logFormat'];
  }),
  'access-log': checked(checkOneOf(ACCESS_LOGS), ({ proxy }, value) => {
    proxy.accessLog = value as Draft['proxy']['accessLog'];
  }),
  'proxy-outbound-connect-timeout': checked(checkDuration, ({ proxy }, value) => {
    proxy.outboundConnectTimeout = value;
  }),
  'proxy-inbound-connect-timeout': checked(checkDuration, ({ proxy }, value) => {
    proxy.inboundConnectTimeout = value;
  }),
  'proxy-outbound-discovery-cache-unused-timeout': checked(checkDuration, ({ proxy }, value) => {
    proxy.outboundDiscoveryCacheUnusedTimeout = value;
  }),
  'proxy-inbound-discovery-cache-unused-timeout': checked(checkDuration, ({ proxy }, value) => {
    proxy.inboundDiscoveryCacheUnusedTimeout = value;
  }),
  'proxy-disable-outbound-protocol-detect-timeout': checked(truth, ({ proxy }, value) => {
    proxy.disableOutboundProtocolDetectTimeout = value === 'true';
  }),
  'proxy-disable-inbound-protocol-detect-timeout': checked(truth, ({ proxy }, value) => {
    proxy.disableInboundProtocolDetectTimeout = value === 'true';
  }),
  'close-wait-timeout': (draft, value) => {
    const fault = checkDuration(value);
    if (fault === null) draft.proxyInit.closeWaitTimeoutSecs = secondsOf(value);
    return fault;
  },
  'shutdown-grace-period': checked(checkDuration, ({ proxy }, value) => {
    proxy.shutdownGracePeriod = value;
  }),
  'proxy-wait-before-exit-seconds': checked(checkInteger(0, 3600), ({ proxy }, value) => {
    proxy.waitBeforeExitSeconds = Number(value);
  }),
  'proxy-enable-native-sidecar': checked(truth, ({ proxy }, value) => {
    proxy.nativeSidecar = value === 'true';
  }),
  'proxy-await': checked(checkOneOf(['enabled', 'disabled']), ({ proxy }, value) => {
    proxy.await = value === 'enabled';
  }),
  'default-inbound-policy': checked(checkOneOf(DEFAULT_POLICIES), ({ proxy }, value) => {
    proxy.defaultInboundPolicy = value as Draft['proxy']['defaultInboundPolicy'];
  }),
  'proxy-additional-env': (draft, value) => {
    const read = readAdditionalEnv(value);
    if (typeof read === 'string') return read;
    draft.proxy.additionalEnv = read;
    return null;
  },
};

/** Annotations of Linkerd's that say nothing to this proxy, each with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'debug-image': 'there is no debug sidecar',
  'debug-image-version': 'there is no debug sidecar',
  'debug-image-pull-policy': 'there is no debug sidecar',
  'enable-debug-sidecar': 'there is no debug sidecar',
  'enable-external-profiles': 'profiles are asked for names of the cluster only',
  'enable-gateway': 'the proxy is no gateway between clusters',
  'proxy-cpu-ratio-limit': 'the proxy works on one core',
  'proxy-log-http-headers': 'headers are never logged',
  'proxy-metrics-hostname-labels': 'the proxy’s metrics carry no host names',
  'admission-webhooks': 'it is a label of namespaces, not an annotation',
};

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A checked duration in whole seconds, rounded up. */
function secondsOf(duration: string): number {
  const [, count = '0', unit = 's'] = /^(\d+)(\w+)$/.exec(duration) ?? [];
  return unit === 'ms'
    ? Math.ceil(Number(count) / 1000)
    : Number(count) * (UNIT_SECONDS[unit] ?? 1);
}
