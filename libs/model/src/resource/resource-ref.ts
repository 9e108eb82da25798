import { TulleError } from '../errors/tulle-error.ts';

/** Kinds that own pods, in Kubernetes' singular lower-case spelling. */
export type WorkloadKind =
  'deployment' | 'statefulset' | 'daemonset' | 'job' | 'cronjob' | 'replicaset';
export type ResourceKind = WorkloadKind | 'pod' | 'service' | 'namespace';

/** Names one thing of the mesh. For a namespace, `namespace` and `name` are the same. */
export interface ResourceRef<K extends ResourceKind = ResourceKind> {
  readonly kind: K;
  readonly namespace: string;
  readonly name: string;
}
export type WorkloadRef = ResourceRef<WorkloadKind>;
export type ServiceRef = ResourceRef<'service'>;
export type PodRef = ResourceRef<'pod'>;

/** Accepted spellings (Linkerd CLI's short names and plurals) of each kind. The first is the one we print in commands. */
export const KIND_ALIASES: Readonly<Record<ResourceKind, readonly string[]>> = {
  deployment: ['deploy', 'deployment', 'deployments'],
  statefulset: ['sts', 'statefulset', 'statefulsets'],
  daemonset: ['ds', 'daemonset', 'daemonsets'],
  job: ['job', 'jobs'],
  cronjob: ['cj', 'cronjob', 'cronjobs'],
  replicaset: ['rs', 'replicaset', 'replicasets'],
  pod: ['po', 'pod', 'pods'],
  service: ['svc', 'service', 'services'],
  namespace: ['ns', 'namespace', 'namespaces'],
};

const KIND_OF = new Map<string, ResourceKind>(
  Object.entries(KIND_ALIASES).flatMap(([kind, aliases]) =>
    aliases.map((alias) => [alias, kind as ResourceKind] as const),
  ),
);

const WORKLOAD_KINDS: ReadonlySet<string> = new Set<WorkloadKind>([
  'deployment',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
  'replicaset',
]);

/** `deploy`, `deployments`, `deployment` → `deployment`; undefined for an unknown word. */
export function parseKind(word: string): ResourceKind | undefined {
  return KIND_OF.get(word.toLowerCase());
}

export function isWorkloadKind(kind: ResourceKind): kind is WorkloadKind {
  return WORKLOAD_KINDS.has(kind);
}

/**
 * Reads `deploy/web`, `deploy web` or `ns/emojivoto` as the CLI and URLs write it.
 * @throws TulleError `invalid_argument` naming the word it could not read.
 */
export function parseResource(text: string, namespace: string): ResourceRef {
  const [kindWord = '', name = '', ...rest] = text.trim().split(/[/\s]+/);
  const kind = parseKind(kindWord);
  if (kind === undefined || name === '' || rest.length > 0) {
    throw new TulleError(
      'invalid_argument',
      `"${text}" is not a resource; write it as kind/name, for example deploy/web`,
    );
  }
  return { kind, namespace: kind === 'namespace' ? name : namespace, name };
}

/** `deploy/web`: how commands and pages write a resource. The namespace is said beside it. */
export function formatResource(ref: ResourceRef): string {
  return `${KIND_ALIASES[ref.kind][0]}/${ref.name}`;
}

/** One string per resource, for maps: `emojivoto/deployment/web`. */
export function keyOf(ref: ResourceRef): string {
  return `${ref.namespace}/${ref.kind}/${ref.name}`;
}

/** The reverse of {@link keyOf}. @throws TulleError `invalid_argument`. */
export function refOf(key: string): ResourceRef {
  const [namespace = '', kindWord = '', name = ''] = key.split('/');
  const kind = parseKind(kindWord);
  if (kind === undefined || name === '')
    throw new TulleError('invalid_argument', `"${key}" is not a resource key`);
  return { kind, namespace, name };
}
