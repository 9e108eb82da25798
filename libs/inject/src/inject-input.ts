import type { InjectConfig } from './config/inject-config.ts';
import type { Owner, PodTemplate } from './kubernetes/pod.ts';

/** All that injection knows about one pod. */
export interface InjectInput {
  /** A Pod, or the template of a workload. */
  readonly pod: PodTemplate;
  /** Where the pod is or will be; its own metadata may not say. */
  readonly namespace: string;
  readonly namespaceAnnotations: Readonly<Record<string, string>>;
  /** Null where nobody made it. */
  readonly owner: Owner | null;
  readonly config: InjectConfig;
  /** PEM, put into the proxy's environment. */
  readonly trustAnchorsPem: string;
  /** `tulle/proxy-injector 0.1.0`: who says so in the pod's annotations. */
  readonly createdBy: string;
  /** Pointer of the pod within the object that is patched: '' for a Pod, `/spec/template` for a Deployment. */
  readonly path?: string;
}
