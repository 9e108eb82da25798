import {
  type Deployment,
  type KubeList,
  type KubeObject,
  type Pod,
} from '../kubernetes/objects.ts';
import type { CheckCategory, CheckSubject } from './check.ts';
import { missingOf, podFault } from './faults.ts';

const MIN_MINOR = 29;
const KINDS = [
  'serviceprofiles.linkerd.io',
  'servers.policy.linkerd.io',
  'serverauthorizations.policy.linkerd.io',
  'authorizationpolicies.policy.linkerd.io',
  'meshtlsauthentications.policy.linkerd.io',
  'networkauthentications.policy.linkerd.io',
  'httproutes.policy.linkerd.io',
  'httplocalratelimitpolicies.policy.linkerd.io',
  'egressnetworks.policy.linkerd.io',
  'externalworkloads.workload.linkerd.io',
];
const ROLES = [
  'tulle-destination',
  'tulle-identity',
  'tulle-proxy-injector',
  'tulle-dashboard',
] as const;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const PART_OF = encodeURIComponent('app.kubernetes.io/part-of=tulle');

export const KUBERNETES_API: CheckCategory = {
  name: 'kubernetes-api',
  checks: [
    {
      description: 'can query the Kubernetes API',
      kind: 'needed',
      anchor: 'kubernetes-api',
      isFatal: true,
      async run({ cluster }) {
        await cluster.get('/version');
        return null;
      },
    },
    {
      description: `is running Kubernetes 1.${MIN_MINOR} or later`,
      kind: 'needed',
      anchor: 'kubernetes-version',
      async run({ cluster }) {
        const { major, minor } = await cluster.get<{ major: string; minor: string }>('/version');
        const isOld = Number(major) === 1 && Number.parseInt(minor, 10) < MIN_MINOR;
        return isOld ? `The cluster runs Kubernetes ${major}.${minor}.` : null;
      },
    },
  ],
};

/** Before an install: whether it can work and the person may do it. */
export const PRE_INSTALL: CheckCategory = {
  name: 'pre-kubernetes-setup',
  checks: [
    {
      description: 'control plane namespace is free',
      kind: 'needed',
      anchor: 'pre-install',
      async run({ cluster, controlPlaneNamespace: namespace }) {
        const path = `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=${PART_OF}`;
        const { items } = await cluster.get<KubeList<KubeObject>>(path);
        return items.length === 0 ? null : `Tulle is already installed in ${namespace}.`;
      },
    },
  ],
};

export const CRDS: CheckCategory = {
  name: 'tulle-crd',
  checks: [
    {
      description: 'the resource kinds exist',
      kind: 'needed',
      anchor: 'resource-kinds',
      isFatal: true,
      async run({ cluster }) {
        const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
        const { items } = await cluster.get<KubeList<KubeObject>>(path);
        return missingOf('Kinds', KINDS, items);
      },
    },
  ],
};

export const EXISTENCE: CheckCategory = {
  name: 'tulle-existence',
  checks: [
    {
      description: "'tulle-config' config map exists",
      kind: 'needed',
      anchor: 'installed',
      isFatal: true,
      async run({ cluster, controlPlaneNamespace: namespace }) {
        await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/tulle-config`);
        return null;
      },
    },
    {
      description: 'control plane replicas are ready',
      kind: 'needed',
      anchor: 'control-plane-pods',
      isAwaited: true,
      run: async (subject) => replicaFault(await deploymentsOf(subject)),
    },
    {
      description: 'control plane pods are ready',
      kind: 'needed',
      anchor: 'control-plane-pods',
      isAwaited: true,
      run: async (subject) => podFault(await podsOf(subject)),
    },
  ],
};

export const CONFIG: CheckCategory = {
  name: 'tulle-config',
  checks: [
    {
      description: 'control plane ClusterRoles exist',
      kind: 'needed',
      anchor: 'control-plane-objects',
      run: async ({ cluster }) =>
        missingOf(
          'ClusterRoles',
          ROLES,
          (await cluster.get<KubeList<KubeObject>>(`${RBAC}/clusterroles?labelSelector=${PART_OF}`))
            .items,
        ),
    },
    {
      description: 'control plane ClusterRoleBindings exist',
      kind: 'needed',
      anchor: 'control-plane-objects',
      run: async ({ cluster }) =>
        missingOf(
          'ClusterRoleBindings',
          ROLES,
          (
            await cluster.get<KubeList<KubeObject>>(
              `${RBAC}/clusterrolebindings?labelSelector=${PART_OF}`,
            )
          ).items,
        ),
    },
    {
      description: 'control plane ServiceAccounts exist',
      kind: 'needed',
      anchor: 'control-plane-objects',
      run: async ({ cluster, controlPlaneNamespace: namespace }) =>
        missingOf(
          'ServiceAccounts',
          ROLES,
          (
            await cluster.get<KubeList<KubeObject>>(
              `/api/v1/namespaces/${namespace}/serviceaccounts`,
            )
          ).items,
        ),
    },
  ],
};

export const HA: CheckCategory = {
  name: 'tulle-ha-checks',
  checks: [
    {
      description: 'multiple replicas of control plane pods',
      kind: 'warning',
      anchor: 'high-availability',
      async run(subject) {
        const all = await deploymentsOf(subject);
        const counted = all.filter(({ metadata }) => !/dashboard|prometheus/.test(metadata.name));
        const isHa = counted.some(({ spec }) => (spec.replicas ?? 1) > 1);
        const single = counted.filter(({ spec }) => (spec.replicas ?? 1) < 2);
        return isHa && single.length > 0
          ? `Only one replica of ${single.map(({ metadata }) => metadata.name).join(', ')}.`
          : null;
      },
    },
  ],
};

async function deploymentsOf({
  cluster,
  controlPlaneNamespace,
}: CheckSubject): Promise<readonly Deployment[]> {
  const path = `/apis/apps/v1/namespaces/${controlPlaneNamespace}/deployments?labelSelector=${PART_OF}`;
  const { items } = await cluster.get<KubeList<Deployment>>(path);
  return items;
}

async function podsOf({ cluster, controlPlaneNamespace }: CheckSubject): Promise<readonly Pod[]> {
  const path = `/api/v1/namespaces/${controlPlaneNamespace}/pods?labelSelector=${PART_OF}`;
  const { items } = await cluster.get<KubeList<Pod>>(path);
  return items.filter(({ status }) => status.phase !== 'Succeeded');
}

function replicaFault(deployments: readonly Deployment[]): string | null {
  const missing = missingOf('Deployments', ROLES, deployments);
  if (missing !== null) return missing;
  const short = deployments.filter(
    ({ spec, status }) => (status.readyReplicas ?? 0) < (spec.replicas ?? 1),
  );
  const words = short.map(
    ({ metadata, spec, status }) =>
      `${metadata.name} (${status.readyReplicas ?? 0} of ${spec.replicas ?? 1} ready)`,
  );
  return words.length === 0 ? null : `Not all replicas are ready: ${words.join(', ')}.`;
}
