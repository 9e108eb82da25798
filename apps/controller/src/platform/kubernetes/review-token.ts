import type { V1TokenReview } from '@kubernetes/client-node';
import type { TokenReview } from '@tulle/model';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { Plain } from './keep/plain.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const POD_NAME = 'authentication.kubernetes.io/pod-name';

/**
 * Asks the API server whose a service account's token is.
 * @throws TulleError `unavailable` when it cannot be asked, `permission_denied` when this role may not.
 */
export async function reviewToken(
  api: Pick<KubernetesApi, 'request'>,
  token: string,
  audience: string,
): Promise<TokenReview> {
  const { status } = await api.request<Plain<V1TokenReview>>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [audience] },
    },
  });
  if (status?.authenticated !== true) {
    const reason = status?.error ?? '';
    return { authenticated: false, reason: reason === '' ? 'it is not valid' : reason };
  }
  // A server that knows no audiences answers without them: then the token was made for anybody.
  if (status.audiences?.includes(audience) !== true) {
    return { authenticated: false, reason: `it is not made for the audience ${audience}` };
  }
  const [, namespace, serviceAccount] = SERVICE_ACCOUNT.exec(status.user?.username ?? '') ?? [];
  if (namespace === undefined || serviceAccount === undefined) {
    return { authenticated: false, reason: 'it is not the token of a service account' };
  }
  const name = status.user?.extra?.[POD_NAME]?.[0] ?? '';
  return {
    authenticated: true,
    namespace,
    serviceAccount,
    pod: { kind: 'pod', namespace, name },
  };
}
