import { KubeConfig } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import { TulleError } from '@tulle/model';
import { createKubernetesApi, type KubernetesApi } from './kubernetes-api.ts';

const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** One way to the Kubernetes API for every room of this process. */
export interface KubernetesClients {
  /** For the library's own typed clients, `makeApiClient`; prefer `api`, which keeps its connections. */
  readonly config: KubeConfig;
  readonly api: KubernetesApi;
  close(): void;
}

/**
 * Takes the pod's service account, else the kubeconfig of `KUBECONFIG` or of the home folder. Makes no request.
 * @throws TulleError `invalid_argument` when there is none or it cannot be read.
 */
export function createKubernetesClients(
  env: Readonly<Record<string, string | undefined>>,
): KubernetesClients {
  const config = new KubeConfig();
  try {
    // The library's own order asks KUBECONFIG first, which in a pod could only be an accident of its image.
    if (env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(POD_TOKEN)) {
      config.loadFromCluster();
    } else config.loadFromDefault();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TulleError('invalid_argument', `The kubeconfig cannot be used: ${reason}.`, {
      cause,
    });
  }
  const api = createKubernetesApi(config);
  return { config, api, close: () => api.close() };
}
