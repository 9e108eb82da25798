import { TulleError } from '@tulle/model';
import { stringify } from 'yaml';
import { type CommandSpec, isSet } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import type { KubeList, KubeObject, Pod } from '../kubernetes/objects.ts';

/** A kind that an install makes objects of. */
interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Of the control plane's namespace; of every namespace where an install reaches further; of none. */
  readonly scope: 'own' | 'every' | 'cluster';
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** In the order of deletion: webhooks first, so that nothing waits for an injector that has gone. */
const KINDS: readonly Kind[] = [
  {
    apiVersion: ADMISSION,
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    scope: 'cluster',
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    scope: 'cluster',
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    plural: 'apiservices',
    scope: 'cluster',
  },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', plural: 'ingresses', scope: 'own' },
  { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', scope: 'own' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', scope: 'own' },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    scope: 'own',
  },
  { apiVersion: 'v1', kind: 'Service', plural: 'services', scope: 'own' },
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', scope: 'own' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', scope: 'own' },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    scope: 'own',
  },
  { apiVersion: RBAC, kind: 'RoleBinding', plural: 'rolebindings', scope: 'every' },
  { apiVersion: RBAC, kind: 'Role', plural: 'roles', scope: 'every' },
  { apiVersion: RBAC, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', scope: 'cluster' },
  { apiVersion: RBAC, kind: 'ClusterRole', plural: 'clusterroles', scope: 'cluster' },
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', scope: 'own' },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    scope: 'cluster',
  },
  { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'cluster' },
];

/** `tulle uninstall`: prints what is to be deleted. */
export const UNINSTALL: CommandSpec = {
  name: 'uninstall',
  groups: [''],
  summary: 'print what an install made, for kubectl delete -f -',
  args: [],
  options: [
    { flags: '--force', about: 'although pods still have a proxy' },
    { flags: '--keep-crds', about: 'leave the resource kinds and every object of them' },
  ],
  talksTo: 'cluster',
  examples: ['uninstall | kubectl delete -f -'],
  async run(context, _args, options) {
    if (!isSet(options, 'force')) await refuseWhileMeshed(context);
    const kinds = KINDS.filter(
      ({ kind }) => kind !== 'CustomResourceDefinition' || !isSet(options, 'keepCrds'),
    );
    let count = 0;
    for (const kind of kinds) {
      for (const { metadata } of await objectsOf(context, kind)) {
        const { name, namespace } = metadata;
        const { apiVersion } = kind;
        context.print.line('---');
        context.print.line(
          stringify({
            apiVersion,
            kind: kind.kind,
            metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
          }).trim(),
        );
        count += 1;
      }
    }
    if (count === 0) {
      throw new TulleError(
        'not_found',
        `Nothing of Tulle is installed in ${context.controlPlaneNamespace} of this cluster.`,
      );
    }
  },
};

async function objectsOf(
  context: Context,
  { apiVersion, plural, scope }: Kind,
): Promise<readonly KubeObject[]> {
  const cluster = await context.cluster();
  const { controlPlaneNamespace: own } = context;
  const selector = encodeURIComponent(
    `app.kubernetes.io/part-of=tulle,linkerd.io/control-plane-ns=${own}`,
  );
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const at = scope === 'own' ? `/namespaces/${own}` : '';
  const { items } = await cluster.get<KubeList<KubeObject>>(
    `${base}${at}/${plural}?labelSelector=${selector}`,
  );
  return items;
}

async function refuseWhileMeshed(context: Context): Promise<void> {
  const cluster = await context.cluster();
  const { controlPlaneNamespace: own } = context;
  const selector = encodeURIComponent(`linkerd.io/control-plane-ns=${own}`);
  const { items } = await cluster.get<KubeList<Pod>>(`/api/v1/pods?labelSelector=${selector}`);
  const meshed = items.filter(({ metadata, status }) => {
    const isOurs = metadata.labels?.['app.kubernetes.io/part-of'] === 'tulle';
    return !isOurs && status.phase !== 'Succeeded' && status.phase !== 'Failed';
  });
  const [first] = meshed;
  if (first === undefined) return;
  throw new TulleError(
    'conflict',
    `${meshed.length} pods still have a proxy, for example ${first.metadata.namespace ?? ''}/${first.metadata.name}. Take linkerd.io/inject away and restart their workloads, or say --force.`,
  );
}
