/** Who made a pod: the Deployment rather than its ReplicaSet, the CronJob rather than its Job. */
import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface Owned {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
}

export interface OwnerFinderOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly log: Logger;
  /** Gives up a question after this long; the webhook has 10 s in all. */
  readonly timeoutMs?: number;
}

/** Collections of the kinds that others make pods through. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  ReplicaSet: '/apis/apps/v1',
  Job: '/apis/batch/v1',
};
const PLURALS: Readonly<Record<string, string>> = { ReplicaSet: 'replicasets', Job: 'jobs' };
const DEFAULT_TIMEOUT_MS = 2000;
/** A ReplicaSet makes many pods and never changes its owner. */
const MAX_REMEMBERED = 2000;

/**
 * Gives a function that finds the owner of a pod in a namespace, null for a pod that nobody made. Where the API server does
 * not answer in time it is the owner that the pod itself names; a ReplicaSet's name then tells the Deployment's.
 */
export function ownerFinder(
  options: OwnerFinderOptions,
): (pod: Owned, namespace: string) => Promise<OwnerReference | null> {
  const remembered = new Map<string, OwnerReference>();
  return async (pod, namespace) => {
    const direct = controllerOf(pod);
    const collection = COLLECTIONS[direct?.kind ?? ''];
    if (direct === null || collection === undefined) return direct;
    const known = remembered.get(direct.uid);
    if (known !== undefined) return known;
    const path = `${collection}/namespaces/${namespace}/${PLURALS[direct.kind]}/${direct.name}`;
    try {
      const owned = await inTime(
        options.api.request<Owned>({ method: 'GET', path }),
        options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      );
      const owner = controllerOf(owned) ?? direct;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(direct.uid, owner);
      return owner;
    } catch (error) {
      options.log.warn(
        { error, path },
        'the owner of a pod could not be read; its name is guessed',
      );
      return guess(direct, pod);
    }
  };
}

function controllerOf({ metadata }: Owned): OwnerReference | null {
  const references = metadata?.ownerReferences ?? [];
  return references.find(({ controller }) => controller === true) ?? references[0] ?? null;
}

/** A Deployment's ReplicaSet is called after it, with the hash of its template behind. */
function guess(direct: OwnerReference, pod: Owned): OwnerReference {
  const hash = pod.metadata?.labels?.['pod-template-hash'];
  if (hash === undefined || !direct.name.endsWith(`-${hash}`)) return direct;
  return { ...direct, kind: 'Deployment', name: direct.name.slice(0, -hash.length - 1) };
}

async function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
