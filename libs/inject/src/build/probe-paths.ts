import type { Container, ContainerPort } from '../kubernetes/pod.ts';

interface AnyProbe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: string;
  };
  readonly grpc?: { readonly port: number };
}

const GRPC_HEALTH = '/grpc.health.v1.Health/Check';

/** What the kubelet asks of a pod's containers through its proxy: `8080/ready`. Probes by TLS pass it undecrypted. */
export function probePaths(containers: readonly Container[]): string[] {
  const paths = containers.flatMap((container) => {
    const { livenessProbe, readinessProbe, startupProbe, ports = [] } = container;
    return [livenessProbe, readinessProbe, startupProbe].flatMap((probe) =>
      probe === undefined ? [] : pathOf(probe as AnyProbe, ports),
    );
  });
  return [...new Set(paths)];
}

function pathOf({ httpGet, grpc }: AnyProbe, ports: readonly ContainerPort[]): string[] {
  if (grpc !== undefined) return [`${grpc.port}${GRPC_HEALTH}`];
  if (httpGet === undefined || httpGet.scheme === 'HTTPS') return [];
  const port = ports.find(({ name }) => name === httpGet.port)?.containerPort ?? httpGet.port;
  if (typeof port !== 'number') return [];
  const path = `/${(httpGet.path ?? '').replace(/^\//, '').replace(/\?.*$/, '')}`;
  return [`${port}${path.replaceAll(',', '%2C')}`];
}
