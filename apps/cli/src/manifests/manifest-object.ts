import type { PodTemplate } from '@tulle/inject';

/** One object of a manifest. */
export interface ManifestObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  /** Pointer to it within its document: '' or, in a List, `/items/0`. */
  readonly path: string;
  readonly value: ObjectValue;
  /** The pod it has or makes, and the pointer to it; null for kinds without one. */
  readonly pod: { readonly path: string; readonly value: PodTemplate } | null;
}

export interface ObjectValue {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly items?: readonly ObjectValue[];
}

/** Where each kind has its pod. */
const POD_PATHS: Readonly<Record<string, string>> = {
  Pod: '',
  Deployment: '/spec/template',
  DaemonSet: '/spec/template',
  StatefulSet: '/spec/template',
  ReplicaSet: '/spec/template',
  ReplicationController: '/spec/template',
  Job: '/spec/template',
  CronJob: '/spec/jobTemplate/spec/template',
};

/** The objects of one document; a List's items one by one. A document without `kind` gives none. */
export function objectsOf(document: unknown, path = ''): ManifestObject[] {
  if (typeof document !== 'object' || document === null) return [];
  const value = document as ObjectValue;
  const { kind, metadata = {}, items } = value;
  if (typeof kind !== 'string') return [];
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) => objectsOf(item, `${path}/items/${index}`));
  }
  const name = metadata.name ?? metadata.generateName ?? '';
  return [
    { kind, name, namespace: metadata.namespace ?? null, path, value, pod: podOf(value, path) },
  ];
}

function podOf(value: ObjectValue, path: string): ManifestObject['pod'] {
  const within = POD_PATHS[value.kind ?? ''];
  if (within === undefined) return null;
  let at: unknown = value;
  for (const token of within.split('/').slice(1)) {
    at = (at as Record<string, unknown> | undefined)?.[token];
  }
  return typeof at === 'object' && at !== null ? { path: path + within, value: at } : null;
}
