import { apply } from './lab.ts';
import { DEMO, type World } from './world.ts';

/** The person's ClusterRoleBinding; `uninstall` takes it away. */
export const OPERATOR = 'tulle-test-operator';

/** A token of somebody whom Kubernetes knows and who may do everything; made at first, the same person afterwards. */
export async function operatorToken(world: World): Promise<string> {
  await apply(world, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: OPERATOR, namespace: DEMO } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: OPERATOR },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: DEMO }],
    },
  ]);
  return (await world.kubectl('create', 'token', OPERATOR, '-n', DEMO, '--duration=1h')).trim();
}
