import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TulleError } from '@tulle/model';
import { LOG_LEVELS } from '@tulle/telemetry';
import {
  LOCAL_ROLES,
  ROLES,
  type ControllerConfig,
  type PrometheusConfig,
  type Role,
  type SocketAddress,
} from './controller-config.ts';
import { readAccess } from './read-access-config.ts';
import { readPlatform } from './read-platform-config.ts';
import { SettingReader, type Environment } from './setting-reader.ts';

export type ParsedCommand =
  { readonly kind: 'run'; readonly config: ControllerConfig } | { readonly kind: 'help' };

const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';
/** Linkerd's ports of the same services; the dashboard's is linkerd-viz web's. */
const DEFAULT_PORTS = {
  destination: 8086,
  identity: 8080,
  policy: 8090,
  admin: 9996,
  web: 8084,
  injector: 8443,
  validator: 8443,
  tap: 8089,
};

/** Words of `config.linkerd.io/default-inbound-policy`. */
const DEFAULT_POLICIES = [
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'deny',
  'audit',
] as const;
/** Private networks. Source: linkerd2 values.yaml, `clusterNetworks`. */
const PRIVATE_NETWORKS = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fd00::/8',
];

/** What `--help` prints. */
export const HELP = `Tulle's controller: the control plane, the public API and what the dashboard listens to.

  --roles LIST   comma list of ${ROLES.join(', ')};
                 default: all that the platform has (injector and validator only on Kubernetes)
  --port PORT    of the dashboard and its API; default: ${DEFAULT_PORTS.web}, or that of TULLE_WEB_ADDR
  --help         this text

Everything else comes from the environment (all addresses are host:port):
  TULLE_PLATFORM                  local or kubernetes; default: local
  TULLE_RUNTIME_SOCKET            local: Unix socket of the laptop's runtime
  TULLE_STATE_DIR                 local: profiles, audit log and metrics history; kubernetes: default in /tmp
  TULLE_IDENTITY_DIR              local: ca.crt, issuer.crt, issuer.key; kubernetes, role identity: tls.crt, tls.key
  TULLE_POD_NAME, TULLE_POD_NAMESPACE, TULLE_POD_SERVICE_ACCOUNT   kubernetes: of this pod
  TULLE_SERVICE_ACCOUNT_DIR       kubernetes: ca.crt and token of the pod, where they are not in their usual place
  TULLE_TRUST_ANCHORS_FILE        kubernetes: PEM bundle of the trust anchors
  TULLE_IDENTITY_TOKEN_FILE       kubernetes: projected token for the audience identity.l5d.io
  TULLE_IDENTITY_SVC_ADDR         kubernetes: where the identity role listens
  TULLE_WEBHOOK_TLS_DIR           roles injector, validator and tap: tls.crt, tls.key; without it they make their own
  TULLE_INJECT_CONFIG_FILE        role injector: its configuration
  TULLE_PROMETHEUS_URL, TULLE_PROMETHEUS_HEADERS_FILE, TULLE_PROMETHEUS_BASIC_AUTH_DIR
  TULLE_DESTINATION_ADDR, TULLE_IDENTITY_ADDR, TULLE_POLICY_ADDR, TULLE_ADMIN_ADDR, TULLE_WEB_ADDR,
  TULLE_INJECTOR_ADDR, TULLE_VALIDATOR_ADDR, TULLE_TAP_ADDR   where to listen
  TULLE_DASHBOARD_UPSTREAM        the dashboard's own server
  TULLE_ALLOWED_HOSTS             host names the dashboard answers to beside localhost
  TULLE_ANONYMOUS                 kubernetes, role web: who may read without credentials: none, local (port-forward), read
  TULLE_AUTH_PROXY_USER_HEADER, TULLE_AUTH_PROXY_GROUPS_HEADER, TULLE_AUTH_PROXY_CIDRS
                                  role web: headers that say who asks, believed from these networks only
  TULLE_TRUST_DOMAIN, TULLE_CLUSTER_DOMAIN   default: cluster.local
  TULLE_ISSUANCE_LIFETIME         of the certificates of proxies, 1m or longer; default: 24h
  TULLE_CONTROL_PLANE_NAMESPACE   default: tulle
  TULLE_DEFAULT_INBOUND_POLICY    role policy: ${DEFAULT_POLICIES.join(', ')}
  TULLE_CLUSTER_NETWORKS          role policy: CIDRs that count as the cluster's
  TULLE_LOG_LEVEL, TULLE_LOG_FORMAT          ${LOG_LEVELS.join(', ')}; plain, json
  TULLE_SCRAPE_INTERVAL_MS, TULLE_METRICS_WINDOW_SECONDS   default: 1000; 60
`;

/** @throws TulleError `invalid_argument` with every fault of flags and environment. */
export function readControllerConfig(args: readonly string[], env: Environment): ParsedCommand {
  const reader = new SettingReader(env);
  const flags = readFlags(args, reader);
  if (flags.help === true) return { kind: 'help' };
  const kind = reader.word('TULLE_PLATFORM', ['local', 'kubernetes'], 'local');
  const isLocal = kind === 'local';
  const roles = readRoles(flags.roles, isLocal, reader);
  const config: ControllerConfig = {
    roles,
    platform: readPlatform(kind, roles, reader),
    stateDir: isLocal
      ? reader.required('TULLE_STATE_DIR')
      : (reader.optional('TULLE_STATE_DIR') ?? join(tmpdir(), 'tulle')),
    identityDir: reader.requiredIf(isLocal || roles.has('identity'), 'TULLE_IDENTITY_DIR'),
    listen: readListen(isLocal ? LOOPBACK : EVERYWHERE, reader, flags.port),
    dashboardUpstream: reader.optionalAddress('TULLE_DASHBOARD_UPSTREAM', 1),
    allowedHosts: readHosts(reader),
    trustDomain: reader.dnsName('TULLE_TRUST_DOMAIN', 'cluster.local'),
    issuanceLifetimeMs: reader.duration('TULLE_ISSUANCE_LIFETIME', '24h'),
    controlPlaneNamespace: reader.dnsName('TULLE_CONTROL_PLANE_NAMESPACE', 'tulle'),
    clusterDomain: reader.dnsName('TULLE_CLUSTER_DOMAIN', 'cluster.local'),
    log: {
      level: reader.word('TULLE_LOG_LEVEL', LOG_LEVELS, 'info'),
      format: reader.word('TULLE_LOG_FORMAT', ['plain', 'json'], 'json'),
    },
    metrics: {
      scrapeIntervalMs: reader.count('TULLE_SCRAPE_INTERVAL_MS', {
        min: 50,
        max: 60_000,
        otherwise: 1000,
      }),
      windowSeconds: reader.count('TULLE_METRICS_WINDOW_SECONDS', {
        min: 2,
        max: 600,
        otherwise: 60,
      }),
    },
    policy: {
      defaultInboundPolicy: reader.word(
        'TULLE_DEFAULT_INBOUND_POLICY',
        DEFAULT_POLICIES,
        'all-unauthenticated',
      ),
      clusterNetworks: readNetworks(reader),
    },
    prometheus: readPrometheus(reader),
    access: readAccess(reader),
    webhookTlsDir: reader.optional('TULLE_WEBHOOK_TLS_DIR') ?? '',
    injectConfigFile: reader.requiredIf(roles.has('injector'), 'TULLE_INJECT_CONFIG_FILE'),
  };
  const { issues } = reader;
  if (issues.length > 0) {
    throw new TulleError('invalid_argument', 'The controller is not configured as it should be:', {
      issues,
    });
  }
  return { kind: 'run', config };
}

interface Flags {
  readonly roles?: string | undefined;
  readonly port?: string | undefined;
  readonly help?: boolean | undefined;
}

function readFlags(args: readonly string[], reader: SettingReader): Flags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        roles: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (reason) {
    reader.fault('command line', reason instanceof Error ? reason.message : String(reason));
    return {};
  }
}

function readRoles(
  text: string | undefined,
  isLocal: boolean,
  reader: SettingReader,
): ReadonlySet<Role> {
  if (text === undefined) return new Set(isLocal ? LOCAL_ROLES : ROLES);
  const roles = new Set<Role>();
  for (const word of text.split(',').map((part) => part.trim())) {
    const role = ROLES.find((each) => each === word);
    if (role === undefined) {
      reader.fault('--roles', `"${word}" is no role; it takes ${ROLES.join(', ')}`);
    } else if (isLocal && !LOCAL_ROLES.includes(role)) {
      reader.fault('--roles', `${role} needs TULLE_PLATFORM=kubernetes`);
    } else roles.add(role);
  }
  // The views and the tap hub are in this process's memory: another process's page could not read them.
  if (isLocal && roles.has('web') && !(roles.has('metrics') && roles.has('tap'))) {
    reader.fault('--roles', 'web needs metrics and tap beside it');
  }
  if (!isLocal && roles.has('web') && !roles.has('metrics')) {
    reader.fault('--roles', 'web needs metrics beside it');
  }
  return roles;
}

function readPrometheus(reader: SettingReader): PrometheusConfig | null {
  const url = reader.optional('TULLE_PROMETHEUS_URL');
  if (url === null) return null;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    reader.fault('TULLE_PROMETHEUS_URL', `is "${url}"; it takes an http or https address`);
  }
  return {
    url,
    headersFile: reader.optional('TULLE_PROMETHEUS_HEADERS_FILE'),
    basicAuthDir: reader.optional('TULLE_PROMETHEUS_BASIC_AUTH_DIR'),
  };
}

function readListen(
  host: string,
  reader: SettingReader,
  portFlag: string | undefined,
): ControllerConfig['listen'] {
  const at = (name: keyof typeof DEFAULT_PORTS): SocketAddress =>
    reader.address(`TULLE_${name.toUpperCase()}_ADDR`, { host, port: DEFAULT_PORTS[name] });
  const web = at('web');
  return {
    destination: at('destination'),
    identity: at('identity'),
    policy: at('policy'),
    admin: at('admin'),
    web: portFlag === undefined ? web : { ...web, port: readPort(portFlag, reader) },
    injector: at('injector'),
    validator: at('validator'),
    tap: at('tap'),
  };
}

function readPort(text: string, reader: SettingReader): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  reader.fault('--port', `is "${text}"; it takes a number from 0 to 65535`);
  return 0;
}

function readHosts(reader: SettingReader): string[] {
  const hosts = reader.list('TULLE_ALLOWED_HOSTS');
  for (const host of hosts) {
    if (!/^[A-Za-z0-9.-]+$/.test(host) && !/^\[[0-9a-fA-F:.]+\]$/.test(host)) {
      reader.fault('TULLE_ALLOWED_HOSTS', `"${host}" is not a host name without its port`);
    }
  }
  return hosts;
}

function readNetworks(reader: SettingReader): readonly string[] {
  const networks = reader.list('TULLE_CLUSTER_NETWORKS');
  for (const network of networks) {
    const [address = '', length = ''] = network.split('/');
    const most = isIP(address) === 4 ? 32 : 128;
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(length) || Number(length) > most) {
      reader.fault('TULLE_CLUSTER_NETWORKS', `"${network}" is no CIDR, for example 10.0.0.0/8`);
    }
  }
  return networks.length === 0 ? PRIVATE_NETWORKS : networks;
}
