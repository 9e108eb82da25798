import type { Container, Service } from '../kubernetes/pod.ts';
import { parsePortRange, splitList } from '../values/values.ts';

/** Ports of an annotation as numbers and ranges; names of container ports are looked up. */
export function resolveOpaquePorts(
  text: string,
  containers: readonly Container[],
): { readonly ports: string; readonly unknown: readonly string[] } {
  const ports: string[] = [];
  const unknown: string[] = [];
  for (const part of splitList(text)) {
    const named = containers
      .flatMap((container) => container.ports ?? [])
      .find(({ name }) => name === part);
    if (parsePortRange(part) !== null) ports.push(part);
    else if (named === undefined) unknown.push(part);
    else ports.push(String(named.containerPort));
  }
  return { ports: ports.join(','), unknown };
}

/** Which of the mesh's default opaque ports a pod's containers listen on, for its annotation. */
export function opaquePortsOfPod(defaults: string, containers: readonly Container[]): number[] {
  const ports = containers.flatMap((container) => container.ports ?? []);
  return ports.map(({ containerPort }) => containerPort).filter(within(defaults));
}

/** Which ports of a Service stand for a default opaque port, its own or that of its pods. */
export function opaquePortsOfService(defaults: string, service: Service): number[] {
  const isOpaque = within(defaults);
  return (service.spec?.ports ?? [])
    .filter(({ port, targetPort }) => {
      const target = typeof targetPort === 'number' && targetPort !== 0 ? targetPort : port;
      return isOpaque(port) || isOpaque(target);
    })
    .map(({ port }) => port);
}

function within(text: string): (port: number) => boolean {
  const ranges = splitList(text).flatMap((part) => parsePortRange(part) ?? []);
  return (port) => ranges.some(({ first, last }) => port >= first && port <= last);
}
