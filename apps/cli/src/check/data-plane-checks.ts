import { CLI_VERSION } from '../cli-version.ts';
import { type KubeList, type Pod } from '../kubernetes/objects.ts';
import type { CheckCategory, CheckSubject } from './check.ts';
import { podFault } from './faults.ts';

const PROXY = 'linkerd-proxy';

/** Versions of what runs and of this command. */
export const VERSIONS: CheckCategory = {
  name: 'control-plane-version',
  checks: [
    {
      description: 'control plane and cli versions match',
      kind: 'warning',
      anchor: 'versions',
      async run({ cluster, controlPlaneNamespace: namespace }) {
        const selector = encodeURIComponent('app.kubernetes.io/name=tulle-destination');
        const { items } = await cluster.get<KubeList<Pod>>(
          `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`,
        );
        const version = items[0]?.metadata.labels?.['app.kubernetes.io/version'];
        return version === CLI_VERSION
          ? null
          : `The control plane is ${version ?? 'unknown'}, this command ${CLI_VERSION}.`;
      },
    },
  ],
};

/** `--proxy`: the proxies beside the workloads. */
export const DATA_PLANE: CheckCategory = {
  name: 'tulle-data-plane',
  checks: [
    {
      description: 'data plane proxies are ready',
      kind: 'needed',
      anchor: 'proxies',
      isAwaited: true,
      async run(subject) {
        const pods = await meshedPods(subject);
        if (pods.length === 0) return 'No pod has a proxy yet.';
        return podFault(pods.filter(({ status }) => status.phase !== 'Succeeded'));
      },
    },
    {
      description: 'data plane proxies are of one version',
      kind: 'warning',
      anchor: 'proxies',
      async run(subject) {
        const images = new Set((await meshedPods(subject)).map((pod) => proxyImageOf(pod) ?? ''));
        return images.size <= 1
          ? null
          : `There are several: ${[...images].sort(byName).join(', ')}.`;
      },
    },
  ],
};

async function meshedPods(subject: CheckSubject): Promise<readonly Pod[]> {
  const { cluster, controlPlaneNamespace, namespace } = subject;
  const selector = encodeURIComponent(`linkerd.io/control-plane-ns=${controlPlaneNamespace}`);
  const at = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const { items } = await cluster.get<KubeList<Pod>>(`/api/v1${at}/pods?labelSelector=${selector}`);
  return items.filter((pod) => proxyImageOf(pod) !== undefined);
}

function proxyImageOf({ spec }: Pod): string | undefined {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return all.find(({ name }) => name === PROXY)?.image;
}

function byName(a: string, b: string): number {
  return a.localeCompare(b);
}
