import { type ServiceRef, TulleError } from '@tulle/model';
import { Forwarder } from '../forward/forwarder.ts';
import type { MeshSpec } from '../mesh-file/mesh-spec.ts';
import { isFree } from '../net/loopback.ts';
import type { Runtime } from './runtime.ts';

/** A service port that a person can open. */
export interface HostPort {
  readonly service: ServiceRef;
  /** Number of the service's port. */
  readonly servicePort: number;
  readonly port: number;
}

/**
 * Which service ports are opened where: those of the file, with the ports a person chose instead.
 * A service without one in the file gets one for its first port when a person names it.
 * @throws TulleError `invalid_argument` for a chosen service that is not in the file
 */
export function chooseHostPorts(spec: MeshSpec, chosen: ReadonlyMap<string, number>): HostPort[] {
  const unknown = [...chosen.keys()].filter(
    (name) => !spec.services.some(({ ref }) => ref.name === name),
  );
  if (unknown.length > 0) {
    throw new TulleError(
      'invalid_argument',
      `--host-port names ${unknown.join(', ')}, which is not a service of the file (${spec.services.map(({ ref }) => ref.name).join(', ')}).`,
    );
  }
  return spec.services.flatMap(({ ref, ports }) => {
    const instead = chosen.get(ref.name);
    const open = ports.filter(({ hostPort }) => hostPort !== null);
    const first = open[0] ?? (instead === undefined ? undefined : ports[0]);
    return ports.flatMap((port) => {
      const number = port === first && instead !== undefined ? instead : port.hostPort;
      return number === null ? [] : [{ service: ref, servicePort: port.port, port: number }];
    });
  });
}

/**
 * Refuses to start on ports that others hold.
 * @throws TulleError `unavailable` naming each and the flag that chooses another
 */
export async function requireFreePorts(
  dashboardPort: number,
  hostPorts: readonly HostPort[],
): Promise<void> {
  const taken: string[] = [];
  if (!(await isFree(dashboardPort))) {
    taken.push(
      `Port ${dashboardPort} is taken by another program. Choose another one for the dashboard: npm start -- --port ${nextPort(dashboardPort)}`,
    );
  }
  for (const { service, port } of hostPorts) {
    if (port !== dashboardPort && (await isFree(port))) continue;
    taken.push(
      `Port ${port} of ${service.name} is taken by another program. Choose another one: npm start -- --host-port ${service.name}=${nextPort(port)}`,
    );
  }
  if (taken.length > 0) throw new TulleError('unavailable', taken.join('\n'));
}

export function openHostPorts(
  spec: MeshSpec,
  runtime: Runtime,
  hostPorts: readonly HostPort[],
): Promise<Forwarder[]> {
  return Promise.all(
    hostPorts.flatMap(({ service: ref, servicePort, port: number }) => {
      const service = spec.services.find((candidate) => candidate.ref === ref);
      const port = service?.ports.find((candidate) => candidate.port === servicePort);
      if (service === undefined || port === undefined) return [];
      return [Forwarder.open(number, { endpoints: () => runtime.endpointsOf(service, port) })];
    }),
  );
}

function nextPort(port: number): number {
  return port >= 65_535 ? port - 1 : port + 1;
}
