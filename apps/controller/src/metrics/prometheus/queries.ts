import { keyOf } from '@tulle/model';
import { WORKLOAD_LABELS, workloadIn } from '../workload-labels.ts';
import { channelText, chartKey, clientKey, edgeKey, failureKey } from '../embedded/cell-keys.ts';
import { oneWord, routeKey, tcpKey } from '../embedded/cell-keys.ts';
import type { CellKey } from '../embedded/cell-store.ts';
import { DENIED, FAILED_TIMEOUT } from '../embedded/cell-store.ts';
import {
  destinationService,
  errorColumn,
  failureColumn,
  serviceOfDst,
} from '../embedded/series-meaning.ts';
import type { Snapshot } from './snapshot.ts';

type Labels = Readonly<Record<string, string>>;

/** One question about the whole mesh, and what each row of its answer means. */
export interface AggregateQuery {
  readonly name: string;
  /** @param window as PromQL writes it: `60s` */
  readonly promql: (window: string) => string;
  readonly read: (labels: Labels, value: number, into: Snapshot) => void;
}

const FROM = ['namespace', ...WORKLOAD_LABELS.map(([label]) => label)].join(',');
const TO = FROM.split(',')
  .map((label) => `dst_${label}`)
  .join(',');
const CLIENT = 'tls,client_id,no_tls_reason';
const SERVER = 'tls,server_id,no_tls_reason';
const QUANTILES = ['0.5', '0.95', '0.99'] as const;

/**
 * Everything that views show of the newest window, as sums over the whole mesh: how many questions there are does not
 * depend on how many workloads there are. Names and labels are Linkerd's; what is summed and how is what its own
 * dashboard asks (viz/metrics-api/stat_summary.go), with `increase` over the whole window in place of `irate`, which has
 * nothing to say where the window holds fewer than two scrapes (linkerd2 pull request 13656).
 */
export const AGGREGATE_QUERIES: readonly AggregateQuery[] = [
  answers('pods', 'response_total{direction="inbound"}', `${FROM},pod`, podCells),
  answers('clients', 'response_total{direction="inbound"}', `${FROM},${CLIENT}`, clientOnly),
  answers('edges', 'response_total{direction="outbound"}', `${FROM},${TO},${SERVER}`, edgeCells),
  answers(
    'services',
    'response_total{direction="outbound",dst_service!=""}',
    'dst_namespace,dst_service',
    serviceCells,
  ),
  answers('routes', 'route_response_total', 'direction,dst,rt_route', routeCells),
  answers('route-tries', 'route_actual_response_total', 'dst,rt_route', triedRouteCells),
  latency('pods', 'response_latency_ms_bucket{direction="inbound"}', 'namespace,pod', podOnly),
  latency('workloads', 'response_latency_ms_bucket{direction="inbound"}', FROM, workloadOnly),
  latency(
    'clients',
    'response_latency_ms_bucket{direction="inbound"}',
    `${FROM},${CLIENT}`,
    clientOnly,
  ),
  latency(
    'edges',
    'response_latency_ms_bucket{direction="outbound"}',
    `${FROM},${TO},${SERVER}`,
    edgeCells,
  ),
  latency(
    'services',
    'response_latency_ms_bucket{direction="outbound",dst_service!=""}',
    'dst_namespace,dst_service',
    serviceCells,
  ),
  latency('routes', 'route_response_latency_ms_bucket', 'direction,dst,rt_route', routeCells),
  ...tcp('clients', 'direction="inbound",peer="src"', `${FROM},${CLIENT}`, tcpClientCells),
  ...tcp('edges', 'direction="outbound",peer="dst"', `${FROM},${TO},${SERVER}`, tcpEdgeCells),
  {
    name: 'active clients',
    promql: () =>
      `sum by (${FROM},${CLIENT}) (increase(response_total{direction="inbound"}[${ACTIVE_WINDOW}])) > 0`,
    read: (labels, _value, into) => {
      for (const key of clientOnly(labels)) into.active.add(key);
    },
  },
  {
    name: 'failed answers',
    promql: (window) =>
      `sum by (${FROM},error,status_code) (increase(response_total{direction="inbound",classification="failure"}[${window}]))`,
    read: (labels, value, into) => addFailure(labels, failureColumn(labels), value, into),
  },
  {
    name: 'proxies’ own errors',
    promql: (window) => `sum by (${FROM},error) (increase(inbound_http_errors_total[${window}]))`,
    read: (labels, value, into) =>
      addFailure(labels, errorColumn(labels['error'] ?? ''), value, into),
  },
  {
    name: 'denied requests',
    promql: (window) => `sum by (${FROM}) (increase(inbound_http_authz_deny_total[${window}]))`,
    read: (labels, value, into) => addFailure(labels, DENIED, value, into),
  },
  {
    name: 'timeouts of routes',
    promql: (window) => {
      const failed = 'route_response_total{direction="outbound",classification="failure"';
      return `sum by (dst) (increase(${failed},error="timeout"}[${window}]) or increase(${failed},status_code="504"}[${window}]))`;
    },
    read: (labels, value, into) => {
      const service = serviceOfDst(labels['dst'] ?? '');
      if (service !== null) into.addFailure(failureKey(service), FAILED_TIMEOUT, value);
    },
  },
  fact('startedAtMs', `process_start_time_seconds and on (namespace,pod) ${anyCertificate()}`),
  fact('certificateExpiresAtMs', anyCertificate()),
  fact('certificateRefreshedAtMs', 'control_identity_cert_refresh_timestamp_seconds'),
  {
    name: 'newest sample',
    promql: () => `max(timestamp(${anyCertificate()}))`,
    read: (_labels, value, into) => {
      into.newestSampleMs = Math.round(value * 1000);
    },
  },
];

/** Half of the usual window, and at least two scrapes of the usual interval. */
export const ACTIVE_SECONDS = 30;
const ACTIVE_WINDOW = `${ACTIVE_SECONDS}s`;

/** What only a proxy says, so that its pod is known to be one with a proxy. */
function anyCertificate(): string {
  return 'control_identity_cert_expiration_timestamp_seconds';
}

function answers(
  name: string,
  selector: string,
  by: string,
  cellsOf: (labels: Labels) => readonly CellKey[],
): AggregateQuery {
  return {
    name: `answers of ${name}`,
    promql: (window) => `sum by (${by},classification) (increase(${selector}[${window}]))`,
    read: (labels, value, into) => {
      const failed = labels['classification'] === 'failure';
      for (const key of cellsOf(labels)) into.addAnswers(key, failed, value);
    },
  };
}

function latency(
  name: string,
  selector: string,
  by: string,
  cellsOf: (labels: Labels) => readonly CellKey[],
): AggregateQuery {
  return {
    name: `latency of ${name}`,
    promql: (window) => quantilesOf(`sum by (le,${by}) (rate(${selector}[${window}]))`),
    read: (labels, value, into) => {
      for (const key of cellsOf(labels)) into.setQuantile(key, labels['q'] ?? '', value);
    },
  };
}

/** The three quantiles of buckets in one answer, told apart by a label `q`. */
export function quantilesOf(buckets: string): string {
  return QUANTILES.map(
    (q) => `label_replace(histogram_quantile(${q}, ${buckets}), "q", "${q}", "", "")`,
  ).join(' or ');
}

function tcp(
  name: string,
  matchers: string,
  by: string,
  cellsOf: (labels: Labels) => readonly CellKey[],
): readonly AggregateQuery[] {
  const bytes = (metric: string, direction: 'read' | 'write'): AggregateQuery => ({
    name: `bytes ${direction} of ${name}`,
    promql: (window) => `sum by (${by}) (increase(${metric}{${matchers}}[${window}]))`,
    read: (labels, value, into) => {
      for (const key of cellsOf(labels)) into.addTcp(key, direction, value);
    },
  });
  return [
    {
      name: `connections of ${name}`,
      promql: () => `sum by (${by}) (tcp_open_connections{${matchers}})`,
      read: (labels, value, into) => {
        for (const key of cellsOf(labels)) into.addTcp(key, 'open', value);
      },
    },
    bytes('tcp_read_bytes_total', 'read'),
    bytes('tcp_write_bytes_total', 'write'),
  ];
}

function fact(
  name: 'startedAtMs' | 'certificateExpiresAtMs' | 'certificateRefreshedAtMs',
  selector: string,
): AggregateQuery {
  return {
    name,
    promql: () => `max by (namespace,pod) (${selector})`,
    read: ({ namespace = '', pod = '' }, value, into) => {
      if (namespace !== '' && pod !== '') into.setFact(keyOf(podOf(namespace, pod)), name, value);
    },
  };
}

function addFailure(labels: Labels, column: number, value: number, into: Snapshot): void {
  const workload = workloadIn(labels, '');
  if (workload !== null && column >= 0) into.addFailure(failureKey(workload), column, value);
}

function podOf(namespace: string, name: string): { kind: 'pod'; namespace: string; name: string } {
  return { kind: 'pod', namespace, name };
}

/** A pod, and its workload: sums may be added, so both come from one answer. */
function podCells(labels: Labels): readonly CellKey[] {
  return [...podOnly(labels), ...workloadOnly(labels)];
}

function podOnly({ namespace = '', pod = '' }: Labels): readonly CellKey[] {
  return namespace === '' || pod === '' ? [] : [chartKey(podOf(namespace, pod))];
}

function workloadOnly(labels: Labels): readonly CellKey[] {
  const workload = workloadIn(labels, '');
  return workload === null ? [] : [chartKey(workload)];
}

function clientOnly(labels: Labels): readonly CellKey[] {
  const workload = workloadIn(labels, '');
  if (workload === null) return [];
  return [clientKey('http', keyOf(workload), channelText(labels, 'client_id'))];
}

function edgeCells(labels: Labels): readonly CellKey[] {
  return edgeCellsOf('http', labels);
}

function tcpEdgeCells(labels: Labels): readonly CellKey[] {
  return edgeCellsOf('tcp', labels);
}

function edgeCellsOf(kind: 'http' | 'tcp', labels: Labels): readonly CellKey[] {
  const from = workloadIn(labels, '');
  if (from === null) return [];
  const to = workloadIn(labels, 'dst_');
  const called = to === null ? '' : keyOf(to);
  return [edgeKey(kind, keyOf(from), called, channelText(labels, 'server_id'))];
}

function tcpClientCells(labels: Labels): readonly CellKey[] {
  const workload = workloadIn(labels, '');
  if (workload === null) return [];
  const channel = channelText(labels, 'client_id');
  return [tcpKey(workload), clientKey('tcp', keyOf(workload), channel)];
}

function serviceCells(labels: Labels): readonly CellKey[] {
  const service = destinationService(labels);
  return service === null ? [] : [chartKey(service)];
}

function routeCells(labels: Labels): readonly CellKey[] {
  return routeCellsOf(labels, labels['direction'] === 'inbound' ? 'in' : 'eff');
}

function triedRouteCells(labels: Labels): readonly CellKey[] {
  return routeCellsOf(labels, 'act');
}

function routeCellsOf(labels: Labels, side: 'in' | 'eff' | 'act'): readonly CellKey[] {
  const service = serviceOfDst(labels['dst'] ?? '');
  return service === null ? [] : [routeKey(side, service, oneWord(labels['rt_route'] ?? ''))];
}
