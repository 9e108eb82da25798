import { formatResource } from '@tulle/model';
import type { Provenance, ResourceRef } from '@tulle/model';
import { clock } from './time.ts';
import { countOf } from './words.ts';

/** What can be asked of one resource's inbound traffic. */
export type Measure = 'success' | 'requests' | 'p50' | 'p95' | 'p99';

/** The PromQL that gives the same number from Linkerd's metrics, with the resource's own labels. */
export function queryOf(measure: Measure, ref: ResourceRef, windowSeconds: number): string {
  const labels = `direction="inbound", namespace="${ref.namespace}", ${labelOf(ref)}="${ref.name}"`;
  const range = `[${windowSeconds}s]`;
  switch (measure) {
    case 'success':
      return `sum(rate(response_total{classification="success", ${labels}}${range})) / sum(rate(response_total{${labels}}${range}))`;
    case 'requests':
      return `sum(rate(response_total{${labels}}${range}))`;
    case 'p50':
    case 'p95':
    case 'p99':
      return `histogram_quantile(0.${measure.slice(1)}, sum by (le) (rate(response_latency_ms_bucket{${labels}}${range})))`;
  }
}

/** What a hover over a number says: the query, then where and when the number was taken. */
export function hintOf(query: string, provenance: Provenance): string {
  return `${query}\n${provenanceText(provenance)}`;
}

/** "numbers of 14:15:32, window 60 s, from 5 proxies"; says so when some did not answer. */
export function provenanceText(provenance: Provenance): string {
  const { proxiesAnswered: answered, proxiesExpected: expected } = provenance;
  const from =
    answered < expected
      ? `${answered} of ${countOf(expected, 'proxy')} answered`
      : `from ${countOf(answered, 'proxy')}`;
  return `numbers of ${clock(provenance.atMs)}, window ${provenance.windowSeconds} s, ${from}`;
}

/** `tulle viz stat deploy/web -n emojivoto`. */
export function statCommand(ref: ResourceRef): string {
  return `tulle viz stat ${formatResource(ref)} -n ${ref.namespace}`;
}

function labelOf(ref: ResourceRef): string {
  // Prometheus already has a label named "job", so Linkerd writes k8s_job.
  return ref.kind === 'job' ? 'k8s_job' : ref.kind;
}
