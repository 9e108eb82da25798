import {
  INJECT,
  injectPod,
  OPAQUE_PORTS,
  PatchBuilder,
  SKIP_SENTENCE,
  uninjectPod,
  type InjectConfig,
  type Note,
} from '@tulle/inject';
import { TulleError } from '@tulle/model';
import type { ManifestObject } from './manifest-object.ts';
import type { Transformation } from './transform-manifests.ts';

export interface ManualInjection {
  readonly config: InjectConfig;
  readonly trustAnchorsPem: string;
}

export interface InjectManifestOptions {
  /** What is written on each pod, `linkerd.io/inject` among it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Null: annotations alone, and the webhook does the rest. */
  readonly manual: ManualInjection | null;
  /** Of objects that do not say. */
  readonly namespace: string;
  /** `tulle/cli 0.1.0`. */
  readonly createdBy: string;
}

const UNCHANGED: Transformation = { patch: [], change: 'skipped', warnings: [] };
/** Only used to see what the webhook would do; nothing of it is written. */
const PREVIEW: Pick<ManualInjection, 'trustAnchorsPem'> = { trustAnchorsPem: '' };

/**
 * Asks for injection in the object's pod, or injects it. Namespaces are annotated; Services where opaque ports are given.
 * @throws TulleError `invalid_argument` when annotations of the pod cannot be.
 */
export function injectManifest(
  object: ManifestObject,
  options: InjectManifestOptions,
  preview: InjectConfig,
): Transformation {
  if (object.pod === null) return annotateOther(object, options);
  const { path, value: pod } = object.pod;
  const annotated = {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata?.annotations, ...asked(object, options) },
    },
  };
  const { config, trustAnchorsPem } = options.manual ?? { config: preview, ...PREVIEW };
  const outcome = injectPod({
    pod: annotated,
    namespace: object.namespace ?? options.namespace,
    namespaceAnnotations: {},
    owner: object.kind === 'Pod' ? null : { kind: object.kind, name: object.name },
    config,
    trustAnchorsPem,
    createdBy: options.createdBy,
    path,
  });
  switch (outcome.kind) {
    case 'skipped':
      return { ...UNCHANGED, warnings: [skipWarning(outcome.reason)] };
    case 'refused':
      throw new TulleError(
        'invalid_argument',
        `${object.kind.toLowerCase()}/${object.name} cannot be injected:`,
        { issues: outcome.issues },
      );
    case 'injected': {
      const annotate = new PatchBuilder(pod, path);
      annotate.setKeys('/metadata/annotations', asked(object, options));
      if (options.manual === null) {
        return {
          patch: annotate.operations,
          change: 'injected',
          warnings: warningsOf(outcome.notes),
        };
      }
      // The injection's patch was made for the annotated pod, so that its maps exist by then.
      return {
        patch: [...annotate.operations, ...outcome.patch],
        change: 'injected',
        warnings: warningsOf(outcome.notes),
      };
    }
  }
}

/** What the pod does not say already: its own `disabled` is a person's word and stays. */
function asked(
  object: ManifestObject,
  { annotations }: InjectManifestOptions,
): Record<string, string> {
  const own = object.pod?.value.metadata?.annotations?.[INJECT];
  if (own !== 'disabled') return { ...annotations };
  const { [INJECT]: _inject, ...others } = annotations;
  return others;
}

function annotateOther(
  object: ManifestObject,
  { annotations }: InjectManifestOptions,
): Transformation {
  const opaque = annotations[OPAQUE_PORTS];
  const wanted =
    object.kind === 'Namespace'
      ? annotations
      : object.kind === 'Service' && opaque !== undefined
        ? { [OPAQUE_PORTS]: opaque }
        : {};
  if (Object.keys(wanted).length === 0) return UNCHANGED;
  const patch = new PatchBuilder(object.value, object.path);
  patch.setKeys('/metadata/annotations', wanted);
  return { patch: patch.operations, change: 'annotated', warnings: [] };
}

/** Takes everything of the mesh out of the object's pod, or the annotations of a Namespace or Service. */
export function uninjectManifest(object: ManifestObject): Transformation {
  const isAnnotated = object.kind === 'Namespace' || object.kind === 'Service';
  const target = object.pod ?? (isAnnotated ? object : null);
  if (target === null) return UNCHANGED;
  const patch = uninjectPod(target.value, target.path);
  return patch.length === 0 ? UNCHANGED : { patch, change: 'uninjected', warnings: [] };
}

function skipWarning(reason: keyof typeof SKIP_SENTENCE): string {
  return SKIP_SENTENCE[reason];
}

function warningsOf(notes: readonly Note[]): string[] {
  return notes.map(({ message }) => message);
}
