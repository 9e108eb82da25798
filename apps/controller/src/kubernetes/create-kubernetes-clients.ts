import { kubeconfigCredentials, podCredentials } from './api-credentials.ts';
import { createKubernetesApi, type KubernetesApi } from './kubernetes-api.ts';

/** The way to the Kubernetes API, one for all rooms of a process. */
export interface KubernetesClients {
  readonly api: KubernetesApi;
  close(): void;
}

/**
 * Takes the pod's service account, else the kubeconfig of `KUBECONFIG` or of the home folder. Makes no request.
 * @throws TulleError `invalid_argument` when there is none or it cannot be read.
 */
export async function createKubernetesClients(
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): Promise<KubernetesClients> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const folder = env['TULLE_SERVICE_ACCOUNT_DIR'];
  const isPod = host !== undefined && port !== undefined;
  const api = createKubernetesApi(
    isPod ? podCredentials({ host, port }, now, folder) : await kubeconfigCredentials(),
  );
  return { api, close: () => api.close() };
}
