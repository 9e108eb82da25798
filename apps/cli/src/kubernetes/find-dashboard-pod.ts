import { TulleError } from '@tulle/model';
import type { Cluster, ForwardTarget } from './cluster.ts';
import { isReady, type KubeList, type Pod } from './objects.ts';

export const DASHBOARD_PORT = 8084;
const SELECTOR = 'app.kubernetes.io/name=tulle-dashboard';

/**
 * A pod of the dashboard that is ready.
 * @throws TulleError `unavailable` when there is none, with what to do.
 */
export async function findDashboardPod(
  cluster: Cluster,
  controlPlaneNamespace: string,
): Promise<ForwardTarget> {
  const { items } = await cluster.get<KubeList<Pod>>(
    `/api/v1/namespaces/${controlPlaneNamespace}/pods?labelSelector=${encodeURIComponent(SELECTOR)}`,
  );
  const pod = items.find(isReady);
  if (pod !== undefined) {
    return { namespace: controlPlaneNamespace, pod: pod.metadata.name, port: DASHBOARD_PORT };
  }
  throw new TulleError(
    'unavailable',
    items.length === 0
      ? `No dashboard runs in the namespace ${controlPlaneNamespace} of this cluster. Install Tulle there (tulle install | kubectl apply -f -), or name its namespace with --control-plane-namespace.`
      : `The dashboard in ${controlPlaneNamespace} is not ready; tulle check says why.`,
  );
}
