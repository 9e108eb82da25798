/** Answers the API server about pods and Services it is about to create. */
import {
  CREATED_BY,
  injectPod,
  injectService,
  SKIP_SENTENCE,
  type InjectOutcome,
  type PodTemplate,
  type Service,
} from '@tulle/inject';
import type { AdmissionRequest, Verdict } from '../webhook/admission-review.ts';
import type { Owned, OwnerReference } from './find-owner.ts';
import type { InjectionEvent, InjectionEvents } from './injection-events.ts';
import type { InjectionSettings } from './injection-settings.ts';
import type { InjectorMetrics } from './injector-metrics.ts';
import type { NamespaceAnnotations } from './namespace-annotations.ts';

export interface InjectionReviewOptions {
  readonly settings: () => Promise<InjectionSettings>;
  readonly namespaces: Pick<NamespaceAnnotations, 'of'>;
  readonly findOwner: (pod: Owned, namespace: string) => Promise<OwnerReference | null>;
  readonly events: Pick<InjectionEvents, 'record'>;
  readonly metrics: InjectorMetrics;
  /** `tulle/proxy-injector 0.1.0`. */
  readonly createdBy: string;
}

/** Gives the function that the webhook server asks. Anything that is neither pod nor Service is allowed as it is. */
export function injectionReview(
  options: InjectionReviewOptions,
): (request: AdmissionRequest) => Promise<Verdict> {
  return async (request) => {
    if (request.operation !== 'CREATE' || request.kind.group !== '') return { kind: 'allowed' };
    switch (request.kind.kind) {
      case 'Pod':
        return reviewPod(request, options);
      case 'Service':
        return reviewService(request, options);
      default:
        return { kind: 'allowed' };
    }
  };
}

async function reviewPod(
  request: AdmissionRequest,
  options: InjectionReviewOptions,
): Promise<Verdict> {
  const { namespace = 'default' } = request;
  const pod = request.object as PodTemplate & Owned;
  const [{ config, trustAnchorsPem }, namespaceAnnotations, owner] = await Promise.all([
    options.settings(),
    options.namespaces.of(namespace),
    options.findOwner(pod, namespace),
  ]);
  const outcome = injectPod({
    pod,
    namespace,
    namespaceAnnotations,
    owner,
    config,
    trustAnchorsPem,
    createdBy: options.createdBy,
  });
  // Asked a second time because another webhook changed the pod after us: all was said the first time.
  if (isAskedAgain(pod, outcome, options.createdBy)) return { kind: 'allowed' };
  const { events, metrics } = options;
  const labels = {
    owner_kind: (owner?.kind ?? 'pod').toLowerCase(),
    namespace,
    annotation_at: outcome.annotatedAt ?? '',
  };
  metrics.count(labels, skipReasonOf(outcome));
  const event = owner === null ? null : eventOf(outcome, owner, namespace);
  if (event !== null && request.dryRun !== true) events.record(event);
  return verdictOf(outcome);
}

function isAskedAgain(
  { metadata }: PodTemplate,
  outcome: InjectOutcome,
  createdBy: string,
): boolean {
  if (outcome.kind !== 'skipped' || outcome.reason !== 'sidecar_already_exists') return false;
  return metadata?.annotations?.[CREATED_BY] === createdBy;
}

async function reviewService(
  { namespace = 'default', object }: AdmissionRequest,
  { settings, namespaces }: InjectionReviewOptions,
): Promise<Verdict> {
  const [{ config }, annotations] = await Promise.all([settings(), namespaces.of(namespace)]);
  return { kind: 'allowed', patch: injectService(object as Service, annotations, config) };
}

function skipReasonOf(outcome: InjectOutcome): string {
  switch (outcome.kind) {
    case 'injected':
      return '';
    case 'skipped':
      return outcome.reason;
    case 'refused':
      return 'invalid_config_annotation';
  }
}

function verdictOf(outcome: InjectOutcome): Verdict {
  switch (outcome.kind) {
    case 'injected':
      return {
        kind: 'allowed',
        patch: outcome.patch,
        warnings: outcome.notes.map(({ message }) => message),
      };
    case 'skipped':
      return { kind: 'allowed', patch: outcome.patch };
    case 'refused':
      return { kind: 'denied', message: `the pod cannot be injected: ${sentenceOf(outcome)}` };
  }
}

function sentenceOf({ issues }: Extract<InjectOutcome, { kind: 'refused' }>): string {
  return issues.map(({ path, message }) => `${path} ${message}`).join('; ');
}

/** Null where there is nothing to tell: nobody asked for this pod to be in the mesh. */
function eventOf(
  outcome: InjectOutcome,
  owner: OwnerReference,
  namespace: string,
): InjectionEvent | null {
  const event = { owner, namespace } as const;
  switch (outcome.kind) {
    case 'injected': {
      const notes = outcome.notes.map(({ message }) => message);
      const message = ['the proxy was injected', ...notes].join('; ');
      return { ...event, reason: 'Injected', type: 'Normal', message };
    }
    case 'skipped': {
      if (outcome.reason === 'injection_enable_annotation_absent') return null;
      const message = `the proxy was not injected: ${SKIP_SENTENCE[outcome.reason]}`;
      return { ...event, reason: 'InjectionSkipped', type: 'Normal', message };
    }
    case 'refused': {
      const message = `the pod was refused: ${sentenceOf(outcome)}`;
      return { ...event, reason: 'InjectionSkipped', type: 'Warning', message };
    }
  }
}
