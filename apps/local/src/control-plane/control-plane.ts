import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MeshSettings } from '../instances/proxy-environment.ts';
import { LOOPBACK, type PortAllocator, splitAddress } from '../net/loopback.ts';
import type { ProcessManager } from '../runtime/process-manager.ts';
import type { StateFolder } from '../state/state-folder.ts';
import type { SupervisedProcess } from '../supervise/supervised-process.ts';

/** Addresses of the control plane, `ip:port`, the same over its restarts. */
export interface ControlPlaneAddresses {
  readonly destination: string;
  readonly identity: string;
  readonly policy: string;
  readonly admin: string;
  /** Public: the dashboard's pages, the API and the WebSocket. */
  readonly web: string;
  /** The dashboard's own server, behind `web`. */
  readonly dashboard: string;
}

export async function planControlPlane(
  webPort: number,
  allocator: PortAllocator,
): Promise<ControlPlaneAddresses> {
  return {
    destination: await allocator.nextAddress(),
    identity: await allocator.nextAddress(),
    policy: await allocator.nextAddress(),
    admin: await allocator.nextAddress(),
    web: `${LOOPBACK}:${webPort}`,
    dashboard: await allocator.nextAddress(),
  };
}

export interface ControlPlaneOptions {
  /** Root of the repository: where the programs are. */
  readonly root: string;
  readonly addresses: ControlPlaneAddresses;
  readonly settings: MeshSettings;
  readonly folder: StateFolder;
  readonly processes: ProcessManager;
  readonly logLevel: string;
}

/** The controller and the dashboard's server, kept running. */
export class ControlPlane {
  readonly #controller: SupervisedProcess;
  readonly #dashboard: SupervisedProcess | null;

  constructor(options: ControlPlaneOptions) {
    const quiet = { started: () => {}, ended: () => {} };
    const { processes, root, folder } = options;
    this.#controller = processes.supervise(
      {
        name: 'controller',
        command: [process.execPath, join(root, 'apps/controller/dist/main.cjs')],
        cwd: folder.controller,
        env: controllerEnvironment(options),
      },
      quiet,
    );
    const server = dashboardServer(root);
    this.#dashboard = existsSync(server)
      ? processes.supervise(
          {
            name: 'dashboard',
            command: [process.execPath, server],
            cwd: dirname(server),
            env: dashboardEnvironment(options),
          },
          quiet,
        )
      : null;
  }

  /** False when the dashboard was never built: the API then answers without pages. */
  get hasDashboard(): boolean {
    return this.#dashboard !== null;
  }

  start(): void {
    this.#controller.start();
    this.#dashboard?.start();
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([this.#controller.stop(graceMs), this.#dashboard?.stop(graceMs)]);
  }
}

/** Next's standalone server, as `next build` leaves it. */
export function dashboardServer(root: string): string {
  return join(root, 'apps/dashboard/.next/standalone/apps/dashboard/server.js');
}

function controllerEnvironment(options: ControlPlaneOptions): Record<string, string> {
  const { addresses, settings, folder, logLevel } = options;
  return {
    ...programEnvironment(folder),
    TULLE_PLATFORM: 'local',
    TULLE_RUNTIME_SOCKET: folder.socket,
    TULLE_STATE_DIR: folder.controller,
    TULLE_IDENTITY_DIR: folder.identity,
    TULLE_DESTINATION_ADDR: addresses.destination,
    TULLE_IDENTITY_ADDR: addresses.identity,
    TULLE_POLICY_ADDR: addresses.policy,
    TULLE_ADMIN_ADDR: addresses.admin,
    TULLE_WEB_ADDR: addresses.web,
    TULLE_DASHBOARD_UPSTREAM: addresses.dashboard,
    TULLE_TRUST_DOMAIN: settings.trustDomain,
    TULLE_CONTROL_PLANE_NAMESPACE: settings.controlPlaneNamespace,
    TULLE_CLUSTER_DOMAIN: settings.clusterDomain,
    TULLE_LOG_LEVEL: logLevel,
    TULLE_LOG_FORMAT: 'plain',
    ...passedOn([
      'TULLE_ALLOWED_HOSTS',
      'TULLE_SCRAPE_INTERVAL_MS',
      'TULLE_METRICS_WINDOW_SECONDS',
    ]),
  };
}

function dashboardEnvironment({ addresses, folder }: ControlPlaneOptions): Record<string, string> {
  const { host, port } = splitAddress(addresses.dashboard);
  return {
    ...programEnvironment(folder),
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    HOSTNAME: host,
    PORT: String(port),
  };
}

/** What each of our own Node programs gets. The compile cache saves a third of its start-up time. */
export function programEnvironment(folder: StateFolder): Record<string, string> {
  return {
    NODE_COMPILE_CACHE: join(folder.root, 'compile-cache'),
    ...passedOn(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']),
  };
}

function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
