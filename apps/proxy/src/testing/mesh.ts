/** Services behind proxies of their own, and one client's proxy through which all are reached: all real processes. */
import { testAuthority } from './certified.ts';
import { startControlPlane } from './control-plane.ts';
import type {
  ControlPlane,
  ControlPlaneOptions,
  PlannedEndpoint,
  PlannedService,
} from './control-plane.ts';
import { startProxy } from './proxy-process.ts';
import type { ProxyProcess, ProxyProcessOptions } from './proxy-process.ts';

export const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
export const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const UNUSED = '127.0.0.1:9';

export interface MeshService {
  /** `web.test.svc.cluster.local` for `web`. */
  readonly name: string;
  /** Where the instances listen. */
  readonly appPorts: readonly number[];
  /** Instances have a proxy of their own in front; without one they are reached in the clear. */
  readonly isMeshed?: boolean;
  /** The controller's word about instances' proxies; `h2` where none is given. */
  readonly hint?: PlannedEndpoint['hint'] | 'none';
  readonly profile?: NonNullable<PlannedService['profile']>;
}

export interface Mesh {
  /** By service, where the client reaches it. */
  readonly ports: Readonly<Record<string, number>>;
  readonly client: ProxyProcess;
  /** By service, the proxies of its instances. */
  readonly servers: Readonly<Record<string, readonly ProxyProcess[]>>;
  plane: ControlPlane;
  /** What the control plane serves, to start it once more. */
  readonly services: readonly PlannedService[];
}

export interface MeshOptions {
  readonly plane?: ControlPlaneOptions;
  /** Variables of all proxies. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program instead of the sources. */
  readonly program?: readonly string[];
}

/** A test's context, or whatever else ends what was started. */
export interface Ending {
  after(end: () => unknown): void;
}

/** Ends with `t`. */
export async function startMesh(
  t: Ending,
  services: readonly MeshService[],
  options: MeshOptions = {},
): Promise<Mesh> {
  const authority = await testAuthority();
  const planned: (PlannedService & { endpoints: PlannedEndpoint[] })[] = services.map(
    ({ name, profile }, i) => ({
      name: `${name}.test.svc.cluster.local`,
      address: `10.96.0.${i + 2}:80`,
      port: 80,
      endpoints: [],
      ...(profile === undefined ? {} : { profile }),
    }),
  );
  const plane = await startControlPlane(authority, planned, 0, options.plane);
  const shared = {
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    env: options.env ?? {},
    ...(options.program === undefined ? {} : { program: options.program }),
  };
  const servers: Record<string, ProxyProcess[]> = {};
  for (const [i, service] of services.entries()) {
    const started = await startInstances(t, service, shared);
    servers[service.name] = started.proxies;
    planned[i]?.endpoints.push(...started.endpoints);
  }
  const client = await startProxy({
    ...shared,
    identity: CLIENT,
    inbound: [UNUSED],
    outbound: planned.map(({ address }) => address),
  });
  t.after(() => client.kill());
  const ports = Object.fromEntries(
    services.map(({ name }, i) => [name, client.outboundPorts[i] ?? 0]),
  );
  const mesh: Mesh = { ports, client, servers, plane, services: planned };
  t.after(() => mesh.plane.kill().catch(() => {}));
  return mesh;
}

async function startInstances(
  t: Ending,
  { appPorts, isMeshed = true, hint = 'h2' }: MeshService,
  shared: Pick<ProxyProcessOptions, 'trustAnchorsPem' | 'controlPort' | 'env' | 'program'>,
): Promise<{ proxies: ProxyProcess[]; endpoints: PlannedEndpoint[] }> {
  if (!isMeshed) {
    const endpoints = appPorts.map((port) => ({ host: '127.0.0.1', port, identity: null }));
    return { proxies: [], endpoints };
  }
  const proxies = await Promise.all(
    appPorts.map((port) =>
      startProxy({
        ...shared,
        identity: SERVER,
        inbound: [`127.0.0.1:${port}`],
        outbound: ['10.96.0.200:80'],
      }),
    ),
  );
  for (const proxy of proxies) t.after(() => proxy.kill());
  const endpoints = proxies.map(({ inboundPorts: [port = 0] }) => ({
    host: '127.0.0.1',
    port,
    identity: SERVER,
    ...(hint === 'none' ? {} : { hint }),
  }));
  return { proxies, endpoints };
}

/** Sum of the samples of a metric whose labels hold all of these. */
export function sumOf(exposition: string, name: string, ...labels: readonly string[]): number {
  let total = 0;
  for (const line of exposition.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (labels.every((label) => line.includes(label))) {
      total += Number(line.slice(line.lastIndexOf(' ')));
    }
  }
  return total;
}
