export {
  CREATED_BY,
  INJECT,
  OPAQUE_PORTS,
  PROXY_CONTAINER,
  INIT_CONTAINER,
  VALIDATOR_CONTAINER,
} from './annotations/names.ts';
export { injectConfigSchema, type ImageConfig, type InjectConfig } from './config/inject-config.ts';
export { readInjectConfig } from './config/read-inject-config.ts';
export type { InjectInput } from './inject-input.ts';
export { injectPod } from './inject-pod.ts';
export { injectService } from './inject-service.ts';
export type { Owner, PodTemplate, Service } from './kubernetes/pod.ts';
export {
  applyPatch,
  PatchBuilder,
  type JsonPatch,
  type PatchOperation,
} from './patch/json-patch.ts';
export {
  SKIP_SENTENCE,
  type AnnotatedAt,
  type InjectOutcome,
  type Note,
  type NoteKind,
  type SkipReason,
} from './report/report.ts';
export { uninjectPod } from './uninject-pod.ts';
