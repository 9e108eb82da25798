/** Where things live in the dashboard. Every link is made here, so that an address changes in one place. */
import { parseKind } from '@tulle/model';
import type { ResourceRef, ServiceRef, WorkloadKind, WorkloadRef } from '@tulle/model';
import { isWorkloadKind } from '@tulle/model';

export const OVERVIEW = '/';
export const MAP = '/map';
export const TAP = '/tap';
export const ROUTES = '/routes';

export function namespaceAddress(namespace: string): string {
  return `/ns/${encodeURIComponent(namespace)}`;
}

export function workloadAddress(ref: WorkloadRef): string {
  return `/ns/${path(ref)}`;
}

export function whyAddress(ref: WorkloadRef): string {
  return `/why/${path(ref)}`;
}

/** @param filter in force there; all traffic where absent */
export function tapAddress(ref: ResourceRef, filter?: string): string {
  const query = filter === undefined ? '' : `?q=${encodeURIComponent(filter)}`;
  return `${TAP}/${path(ref)}${query}`;
}

export function routesAddress(ref: ServiceRef): string {
  return `${ROUTES}/${encodeURIComponent(ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

/** Reads the parts of a workload's address; null when the kind is not a workload's. */
export function workloadOf(namespace: string, kindWord: string, name: string): WorkloadRef | null {
  const kind = parseKind(kindWord);
  if (kind === undefined || !isWorkloadKind(kind)) return null;
  const workloadKind: WorkloadKind = kind;
  return {
    kind: workloadKind,
    namespace: decodeURIComponent(namespace),
    name: decodeURIComponent(name),
  };
}

function path(ref: ResourceRef): string {
  return [ref.namespace, ref.kind, ref.name].map(encodeURIComponent).join('/');
}
