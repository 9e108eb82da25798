import { parseKind, TulleError, type ResourceKind, type ResourceRef } from '@tulle/model';

export const TAP_GROUP = 'tap.linkerd.io';
export const TAP_VERSION = 'v1alpha1';
export const TAP_PREFIX = `/apis/${TAP_GROUP}/${TAP_VERSION}`;

/** What can be tapped, as the API server and RBAC call it. */
export const TAP_RESOURCES = [
  { name: 'namespaces', shortName: 'ns', namespaced: false },
  { name: 'pods', shortName: 'po', namespaced: true },
  { name: 'services', shortName: 'svc', namespaced: true },
  { name: 'daemonsets', shortName: 'ds', namespaced: true },
  { name: 'deployments', shortName: 'deploy', namespaced: true },
  { name: 'replicasets', shortName: 'rs', namespaced: true },
  { name: 'statefulsets', shortName: 'sts', namespaced: true },
  { name: 'jobs', shortName: 'job', namespaced: true },
  { name: 'cronjobs', shortName: 'cj', namespaced: true },
] as const;

/** A tap that somebody asks for. */
export interface TapTarget {
  readonly ref: ResourceRef;
  /** The resource as RBAC calls it: `deployments`. */
  readonly resource: string;
}

/**
 * Reads `…/watch/namespaces/:ns/tap` and `…/watch/namespaces/:ns/:resource/:name/tap`; null for another path.
 * @throws TulleError `not_found` for a resource that cannot be tapped.
 */
export function readTapPath(pathname: string): TapTarget | null {
  if (!pathname.startsWith(`${TAP_PREFIX}/watch/namespaces/`)) return null;
  const [namespace, ...rest] = pathname
    .slice(`${TAP_PREFIX}/watch/namespaces/`.length)
    .split('/')
    .map(decodeURIComponent);
  if (namespace === undefined || namespace === '') return null;
  const [resource, name, verb, ...more] = rest;
  if (resource === 'tap' && name === undefined) {
    return { ref: { kind: 'namespace', namespace, name: namespace }, resource: 'namespaces' };
  }
  if (verb !== 'tap' || more.length > 0 || resource === undefined || !name) return null;
  const known = TAP_RESOURCES.find((each) => each.namespaced && each.name === resource);
  const kind = known === undefined ? undefined : parseKind(resource);
  if (kind === undefined) {
    const words = TAP_RESOURCES.map((each) => each.name).join(', ');
    throw new TulleError('not_found', `${resource} cannot be tapped; these can: ${words}.`);
  }
  return { ref: { kind, namespace, name }, resource };
}

/** Where a resource is tapped, below the API server's address. */
export function tapPathOf({ kind, namespace, name }: ResourceRef): string {
  const base = `${TAP_PREFIX}/watch/namespaces/${encodeURIComponent(namespace)}`;
  if (kind === 'namespace') return `${base}/tap`;
  return `${base}/${pluralOf(kind)}/${encodeURIComponent(name)}/tap`;
}

/** `deployment` → `deployments`. */
export function pluralOf(kind: ResourceKind): string {
  return `${kind}s`;
}
