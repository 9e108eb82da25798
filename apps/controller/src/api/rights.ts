import type { Right, RightsView } from '@tulle/model';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { Person } from '../web/person.ts';

interface Access {
  readonly action: Right['action'];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** What a person can do here, and the right that the cluster asks for it. */
const ACCESSES: readonly Access[] = [
  { action: 'inject', verb: 'patch', group: 'apps', resource: 'deployments' },
  { action: 'restart', verb: 'patch', group: 'apps', resource: 'deployments' },
  { action: 'edit-routes', verb: 'patch', group: 'linkerd.io', resource: 'serviceprofiles' },
  {
    action: 'tap',
    verb: 'watch',
    group: 'tap.linkerd.io',
    resource: 'deployments',
    subresource: 'tap',
  },
  { action: 'read-log', verb: 'get', group: '', resource: 'pods', subresource: 'log' },
];

/** Tells a person what they may do in a namespace. @throws TulleError as the Kubernetes API fails */
export type RightsOf = (person: Person, namespace: string) => Promise<RightsView>;

/** On a laptop everybody may do everything. */
export const ALL_RIGHTS: RightsOf = async (person, namespace) => ({
  person: person.name,
  namespace,
  rights: ACCESSES.map((access) => rightOf(access, namespace, true)),
});

/** Asks the cluster, as the person. */
export function createRightsOf(api: KubernetesApi): RightsOf {
  return async (person, namespace) => {
    const { onBehalf } = person;
    const asked = onBehalf === null ? null : api.withHeaders(onBehalf);
    const rights = await Promise.all(
      ACCESSES.map(async (access) => {
        const isAllowed = asked !== null && (await isAllowedTo(asked, access, namespace));
        return rightOf(access, namespace, isAllowed);
      }),
    );
    return { person: person.name, namespace, rights };
  };
}

async function isAllowedTo(
  api: KubernetesApi,
  { verb, group, resource, subresource }: Access,
  namespace: string,
): Promise<boolean> {
  const attributes = { namespace, verb, group, resource };
  const review = await api.request<{ readonly status?: { readonly allowed?: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: subresource === undefined ? attributes : { ...attributes, subresource },
      },
    },
  });
  return review.status?.allowed === true;
}

function rightOf(access: Access, namespace: string, allowed: boolean): Right {
  const { action, verb, group, resource, subresource } = access;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const part = subresource === undefined ? '' : ` --subresource=${subresource}`;
  return {
    action,
    allowed,
    needs: `${verb} ${subresource === undefined ? qualified : `${qualified}/${subresource}`}`,
    check: `kubectl auth can-i ${verb} ${qualified}${part} -n ${namespace}`,
  };
}
