/** What is injected where no annotation says otherwise: `inject.yaml`, rendered by the chart. Names follow Linkerd's values. */
import { z } from 'zod';
import {
  checkDuration,
  checkHostPort,
  checkImageName,
  checkImageTag,
  checkLogFilter,
  checkPortRanges,
  checkQuantity,
  checkSubnets,
  type Check,
} from '../values/values.ts';

export const DEFAULT_POLICIES = [
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'deny',
  'audit',
] as const;
export const LOG_FORMATS = ['plain', 'json'] as const;
export const ACCESS_LOGS = ['', 'apache', 'json'] as const;
export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;
export const IPTABLES_MODES = ['nft', 'legacy', 'plain'] as const;

const text = (check: Check) =>
  z.string().superRefine((value, context) => {
    const fault = check(value);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });
const textOrNone = (check: Check) => text((value) => (value === '' ? null : check(value)));
const duration = (otherwise: string) => text(checkDuration).default(otherwise);
const ports = (otherwise = '') => text(checkPortRanges).default(otherwise);
const port = (otherwise: number) => z.int().min(1).max(65_535).default(otherwise);
const id = z.int().min(0).max(2_147_483_647);

const image = z.strictObject({
  name: text(checkImageName),
  version: text(checkImageTag),
  pullPolicy: z.enum(PULL_POLICIES).default('IfNotPresent'),
});
const quantities = z
  .strictObject({
    request: textOrNone(checkQuantity).default(''),
    limit: textOrNone(checkQuantity).default(''),
  })
  .prefault({});
const resources = z
  .strictObject({ cpu: quantities, memory: quantities, 'ephemeral-storage': quantities })
  .prefault({});
const envVar = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][\w.-]*$/, 'is not the name of a variable'),
  value: z.string().optional(),
  valueFrom: z.record(z.string(), z.unknown()).optional(),
});

const proxy = z.strictObject({
  image,
  ports: z
    .strictObject({
      inbound: port(4143),
      outbound: port(4140),
      control: port(4190),
      admin: port(4191),
    })
    .prefault({}),
  uid: id.min(1).default(2102),
  gid: id.min(1).optional(),
  logLevel: text(checkLogFilter).default('warn,linkerd=info'),
  logFormat: z.enum(LOG_FORMATS).default('plain'),
  accessLog: z.enum(ACCESS_LOGS).default(''),
  /** The application's containers wait until the proxy is ready. */
  await: z.boolean().default(true),
  nativeSidecar: z.boolean().default(true),
  /** A classic sidecar sleeps this long before it drains, so that the application ends first. */
  waitBeforeExitSeconds: z.int().min(0).max(3600).default(0),
  shutdownGracePeriod: textOrNone(checkDuration).default(''),
  defaultInboundPolicy: z.enum(DEFAULT_POLICIES).default('all-unauthenticated'),
  opaquePorts: ports('25,587,3306,4444,5432,6379,9300,11211'),
  /** Ports whose policies are asked for at the start; empty: those the containers name. */
  podInboundPorts: ports(),
  requireIdentityOnInboundPorts: ports(),
  inboundConnectTimeout: duration('100ms'),
  outboundConnectTimeout: duration('1000ms'),
  inboundDiscoveryCacheUnusedTimeout: duration('90s'),
  outboundDiscoveryCacheUnusedTimeout: duration('5s'),
  disableInboundProtocolDetectTimeout: z.boolean().default(false),
  disableOutboundProtocolDetectTimeout: z.boolean().default(false),
  enableShutdownEndpoint: z.boolean().default(false),
  resources,
  additionalEnv: z.array(envVar).default([]),
});

const proxyInit = z
  .strictObject({
    /** Absent: the proxy's image, which holds the init program too. */
    image: image.optional(),
    iptablesMode: z.enum(IPTABLES_MODES).default('nft'),
    ignoreInboundPorts: ports('4567,4568'),
    ignoreOutboundPorts: ports('4567,4568'),
    skipSubnets: text(checkSubnets).default(''),
    /** Seconds; 0 leaves the node's setting. Anything else makes the init container privileged. */
    closeWaitTimeoutSecs: z.int().min(0).max(86_400).default(0),
    /** For runtimes or images that drop file capabilities. */
    runAsRoot: z.boolean().default(false),
    runAsUser: id.min(1).default(65_534),
    runAsGroup: id.min(1).default(65_534),
    resources,
  })
  .prefault({});

const networkValidator = z
  .strictObject({
    /** Dialled to see whether it is redirected; empty: 1.1.1.1:20001, or an IPv6 one. */
    connectAddr: textOrNone(checkHostPort).default(''),
    /** Empty: the proxy's outbound port on every address. */
    listenAddr: textOrNone(checkHostPort).default(''),
    timeout: duration('10s'),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  })
  .prefault({});

const dnsName = (otherwise: string) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is not a DNS name in lower case')
    .default(otherwise);

export const injectConfigSchema = z.strictObject({
  controlPlaneNamespace: dnsName('tulle'),
  trustDomain: dnsName('cluster.local'),
  clusterDomain: dnsName('cluster.local'),
  /** Addresses of the cluster: profiles are asked for them, and the `cluster-*` policies let them in. */
  clusterNetworks: z
    .array(text(checkSubnets))
    .default(['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8']),
  /** The CNI plugin redirects: no init container writes rules, one checks that they are there. */
  cniEnabled: z.boolean().default(false),
  disableIPv6: z.boolean().default(false),
  imagePullSecrets: z.array(z.strictObject({ name: z.string().min(1) })).default([]),
  proxy,
  proxyInit,
  networkValidator,
});

export type InjectConfig = z.output<typeof injectConfigSchema>;
export type ImageConfig = z.output<typeof image>;
export type ResourceConfig = z.output<typeof resources>;
