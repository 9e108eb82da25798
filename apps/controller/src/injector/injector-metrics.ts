import { Counter, type Registry } from 'prom-client';

/** What is counted for one pod, by Linkerd's labels. */
export interface AdmissionLabels {
  readonly owner_kind: string;
  readonly namespace: string;
  readonly annotation_at: string;
}

export interface InjectorMetrics {
  /** `skipReason`: empty for a pod that was injected. */
  count(labels: AdmissionLabels, skipReason: string): void;
}

/** Linkerd's names: `proxy_inject_admission_requests_total`, `proxy_inject_admission_responses_total`. */
export function injectorMetrics(registry: Registry, droppedEvents: () => number): InjectorMetrics {
  const labelNames = ['owner_kind', 'namespace', 'annotation_at'] as const;
  const requests = new Counter({
    name: 'proxy_inject_admission_requests_total',
    help: 'Pods the API server asked about.',
    labelNames,
    registers: [registry],
  });
  const responses = new Counter({
    name: 'proxy_inject_admission_responses_total',
    help: 'Answers, with the reason of each pod that was not injected.',
    labelNames: [...labelNames, 'skipped', 'skip_reason'] as const,
    registers: [registry],
  });
  void new Counter({
    name: 'tulle_injector_events_dropped_total',
    help: 'Events that were not recorded because the API server took them too slowly.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(droppedEvents());
    },
  });
  return {
    count(labels, skipReason) {
      requests.inc({ ...labels });
      const skipped = String(skipReason !== '');
      responses.inc({ ...labels, skipped, skip_reason: skipReason });
    },
  };
}
