import { parseArgs } from 'node:util';
import { TulleError } from '@tulle/model';
import { LOG_LEVELS } from '@tulle/telemetry';
import {
  ROLES,
  type ControllerConfig,
  type Role,
  type SocketAddress,
} from './controller-config.ts';
import { SettingReader, type Environment } from './setting-reader.ts';

export type ParsedCommand =
  { readonly kind: 'run'; readonly config: ControllerConfig } | { readonly kind: 'help' };

const LOOPBACK = '127.0.0.1';
/** Linkerd's ports of the same services; the dashboard's is linkerd-viz web's. */
const DEFAULT_PORTS = { destination: 8086, identity: 8080, policy: 8090, admin: 9996, web: 8084 };

/** What `--help` prints. */
export const HELP = `Tulle's controller: the control plane, the public API and what the dashboard listens to.

  --roles LIST   comma list of ${ROLES.join(', ')}; default: all
  --port PORT    of the dashboard and its API; default: ${DEFAULT_PORTS.web}, or that of TULLE_WEB_ADDR
  --help         this text

Everything else comes from the environment (all addresses are host:port):
  TULLE_PLATFORM                  local
  TULLE_RUNTIME_SOCKET            Unix socket of the laptop's runtime
  TULLE_STATE_DIR                 profiles, audit log and metrics history
  TULLE_IDENTITY_DIR              ca.crt, issuer.crt, issuer.key
  TULLE_DESTINATION_ADDR, TULLE_IDENTITY_ADDR, TULLE_POLICY_ADDR, TULLE_ADMIN_ADDR, TULLE_WEB_ADDR
  TULLE_DASHBOARD_UPSTREAM        the dashboard's own server
  TULLE_ALLOWED_HOSTS             host names the dashboard answers to beside localhost
  TULLE_TRUST_DOMAIN, TULLE_CLUSTER_DOMAIN   default: cluster.local
  TULLE_CONTROL_PLANE_NAMESPACE   default: tulle
  TULLE_LOG_LEVEL, TULLE_LOG_FORMAT          ${LOG_LEVELS.join(', ')}; plain, json
  TULLE_SCRAPE_INTERVAL_MS, TULLE_METRICS_WINDOW_SECONDS   default: 1000; 60
`;

/** @throws TulleError `invalid_argument` with every fault of flags and environment. */
export function readControllerConfig(args: readonly string[], env: Environment): ParsedCommand {
  const reader = new SettingReader(env);
  const flags = readFlags(args, reader);
  if (flags.help === true) return { kind: 'help' };
  const config: ControllerConfig = {
    roles: readRoles(flags.roles, reader),
    platform: readPlatform(reader),
    stateDir: reader.required('TULLE_STATE_DIR'),
    identityDir: reader.required('TULLE_IDENTITY_DIR'),
    listen: readListen(reader, flags.port),
    dashboardUpstream: reader.optionalAddress('TULLE_DASHBOARD_UPSTREAM', 1),
    allowedHosts: readHosts(reader),
    trustDomain: reader.dnsName('TULLE_TRUST_DOMAIN', 'cluster.local'),
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

function readRoles(text: string | undefined, reader: SettingReader): ReadonlySet<Role> {
  if (text === undefined) return new Set(ROLES);
  const roles = new Set<Role>();
  for (const word of text.split(',').map((part) => part.trim())) {
    const role = ROLES.find((each) => each === word);
    if (role === undefined) {
      reader.fault('--roles', `"${word}" is no role; it takes ${ROLES.join(', ')}`);
    } else roles.add(role);
  }
  // The embedded metrics and the tap hub are in this process's memory: another process's page could not read them.
  if (roles.has('web') && !(roles.has('metrics') && roles.has('tap'))) {
    reader.fault('--roles', 'web needs metrics and tap beside it');
  }
  return roles;
}

function readPlatform(reader: SettingReader): ControllerConfig['platform'] {
  reader.word('TULLE_PLATFORM', ['local'], 'local');
  return { kind: 'local', runtimeSocket: reader.required('TULLE_RUNTIME_SOCKET') };
}

function readListen(
  reader: SettingReader,
  portFlag: string | undefined,
): ControllerConfig['listen'] {
  const at = (port: number): SocketAddress => ({ host: LOOPBACK, port });
  const web = reader.address('TULLE_WEB_ADDR', at(DEFAULT_PORTS.web));
  return {
    destination: reader.address('TULLE_DESTINATION_ADDR', at(DEFAULT_PORTS.destination)),
    identity: reader.address('TULLE_IDENTITY_ADDR', at(DEFAULT_PORTS.identity)),
    policy: reader.address('TULLE_POLICY_ADDR', at(DEFAULT_PORTS.policy)),
    admin: reader.address('TULLE_ADMIN_ADDR', at(DEFAULT_PORTS.admin)),
    web: portFlag === undefined ? web : { ...web, port: readPort(portFlag, reader) },
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
