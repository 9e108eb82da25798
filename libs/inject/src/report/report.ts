import type { Issue } from '@tulle/model';
import type { JsonPatch } from '../patch/json-patch.ts';

/** Why a pod is left alone, by Linkerd's names. */
export type SkipReason =
  | 'host_network_enabled'
  | 'sidecar_already_exists'
  | 'unsupported_resource'
  | 'injection_enable_annotation_absent'
  | 'injection_disable_annotation_present'
  | 'invalid_inject_annotation_at_workload'
  | 'invalid_inject_annotation_at_ns';

/** Each reason in a sentence for events and the command line. */
export const SKIP_SENTENCE: Readonly<Record<SkipReason, string>> = {
  host_network_enabled: 'hostNetwork is enabled',
  sidecar_already_exists: 'pod has a sidecar injected already',
  unsupported_resource: 'this resource kind is unsupported',
  injection_enable_annotation_absent:
    'neither the namespace nor the pod have the annotation "linkerd.io/inject:enabled"',
  injection_disable_annotation_present: 'pod has the annotation "linkerd.io/inject:disabled"',
  invalid_inject_annotation_at_workload:
    'the pod has an invalid value for annotation "linkerd.io/inject": it takes enabled, ingress or disabled',
  invalid_inject_annotation_at_ns:
    'the namespace has an invalid value for annotation "linkerd.io/inject": it takes enabled, ingress or disabled',
};

/** Where the `linkerd.io/inject` in force stands. */
export type AnnotatedAt = 'workload' | 'namespace' | null;

export type InjectOutcome =
  /** `notes`: what a person should know although the pod is injected. */
  | {
      readonly kind: 'injected';
      readonly annotatedAt: AnnotatedAt;
      readonly patch: JsonPatch;
      readonly notes: readonly Note[];
    }
  | {
      readonly kind: 'skipped';
      readonly annotatedAt: AnnotatedAt;
      readonly reason: SkipReason;
      /** Opaque ports inherited from the namespace; usually empty. */
      readonly patch: JsonPatch;
    }
  /** It asks for what cannot be: injected it would break, uninjected it would be outside a mesh it was meant for. */
  | {
      readonly kind: 'refused';
      readonly annotatedAt: AnnotatedAt;
      readonly issues: readonly Issue[];
    };

export type NoteKind = 'udp_ports' | 'without_effect' | 'job_outlived' | 'proxy_user';

export interface Note {
  readonly kind: NoteKind;
  readonly message: string;
}
