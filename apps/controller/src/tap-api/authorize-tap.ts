import { TulleError } from '@tulle/model';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { Caller } from './caller.ts';
import { TAP_GROUP, TAP_VERSION, type TapTarget } from './tap-path.ts';

interface AccessReview {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/**
 * Lets a caller tap if RBAC lets them watch the resource's `tap`. The API server asked the same before it passed the
 * request on; asking again keeps the rule here, whatever stands in front.
 * @throws TulleError `permission_denied` naming the missing right, or as the Kubernetes API fails
 */
export async function authorizeTap(
  api: Pick<KubernetesApi, 'request'>,
  { user, groups, extra }: Caller,
  { ref, resource }: TapTarget,
): Promise<void> {
  const { namespace, name } = ref;
  const review = await api.request<AccessReview>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        groups,
        extra,
        resourceAttributes: {
          namespace,
          verb: 'watch',
          group: TAP_GROUP,
          version: TAP_VERSION,
          resource,
          subresource: 'tap',
          name,
        },
      },
    },
  });
  if (review.status?.allowed === true) return;
  throw new TulleError(
    'permission_denied',
    `${user} may not tap ${resource}/${name} in namespace ${namespace}: that takes the verb watch on ${resource}/tap in the API group ${TAP_GROUP} (kubectl auth can-i watch ${resource}.${TAP_GROUP}/${name} --subresource=tap -n ${namespace}).`,
  );
}
