import { keyOf } from '@tulle/model';
import type { PodRef, ServiceRef, WorkloadRef } from '@tulle/model';
import type { ParsedSeries } from '@tulle/telemetry';
import { bucketIndex } from '../histogram.ts';
import { workloadIn } from '../workload-labels.ts';
import { channelText, chartKey, clientKey, edgeKey, failureKey } from './cell-keys.ts';
import { oneWord, routeKey, tcpKey } from './cell-keys.ts';
import type { RouteSide } from './cell-keys.ts';
import {
  DENIED,
  ERROR_IO,
  ERROR_NO_ENDPOINT,
  ERROR_TIMEOUT,
  ERROR_TLS,
  FAILED_APPLICATION,
  FAILED_OTHER,
  FAILED_RESET,
  FAILED_TIMEOUT,
  FAILURE,
  FIRST_BUCKET,
  READ_BYTES,
  SUCCESS,
  WRITE_BYTES,
} from './cell-store.ts';
import type { CellKey } from './cell-store.ts';

/** Whose proxy says it. */
export interface Reporter {
  readonly pod: PodRef;
  readonly workload: WorkloadRef;
}

/** Where the increase of a counter belongs. */
export interface Addition {
  readonly key: CellKey;
  readonly column: number;
}

export type SeriesMeaning =
  | { readonly kind: 'counter'; readonly additions: readonly Addition[]; readonly answers: boolean }
  /** Added up over the series of one proxy. */
  | { readonly kind: 'gauge'; readonly keys: readonly CellKey[] }
  | { readonly kind: 'fact'; readonly fact: ProxyFactName }
  /** Not looked at. */
  | { readonly kind: 'none' };

export type ProxyFactName = 'startedAt' | 'certificateExpiresAt' | 'certificateRefreshedAt';

type Labels = Readonly<Record<string, string>>;

const NONE: SeriesMeaning = { kind: 'none' };

/** Decides, once per series, what a proxy's series means. Names and labels are Linkerd's (linkerd2-proxy). */
export function meaningOf(series: ParsedSeries, reporter: Reporter): SeriesMeaning {
  const { name, labels } = series;
  switch (name) {
    case 'response_total':
      return { kind: 'counter', additions: answerAdditions(labels, reporter), answers: true };
    case 'response_latency_ms_bucket':
      return counter(latencyAdditions(labels, answerCells(labels, reporter)));
    case 'route_response_total':
      return counter(routeAnswerAdditions(labels));
    case 'route_response_latency_ms_bucket':
      return counter(latencyAdditions(labels, routeCells(labels, sideOf(labels))));
    case 'route_actual_response_total':
      return counter(routeCells(labels, 'act').map((key) => ({ key, column: classOf(labels) })));
    case 'tcp_open_connections':
      return { kind: 'gauge', keys: tcpCells(labels, reporter) };
    case 'tcp_read_bytes_total':
      return counter(tcpCells(labels, reporter).map((key) => ({ key, column: READ_BYTES })));
    case 'tcp_write_bytes_total':
      return counter(tcpCells(labels, reporter).map((key) => ({ key, column: WRITE_BYTES })));
    case 'inbound_http_errors_total':
      return counter(errorAdditions(labels, reporter));
    case 'inbound_http_authz_deny_total':
      return counter([{ key: failureKey(reporter.workload), column: DENIED }]);
    case 'process_start_time_seconds':
      return { kind: 'fact', fact: 'startedAt' };
    case 'control_identity_cert_expiration_timestamp_seconds':
      return { kind: 'fact', fact: 'certificateExpiresAt' };
    case 'control_identity_cert_refresh_timestamp_seconds':
      return { kind: 'fact', fact: 'certificateRefreshedAt' };
    default:
      return NONE;
  }
}

function counter(additions: readonly Addition[]): SeriesMeaning {
  return additions.length === 0 ? NONE : { kind: 'counter', additions, answers: false };
}

function answerAdditions(labels: Labels, reporter: Reporter): readonly Addition[] {
  const column = classOf(labels);
  const additions: Addition[] = answerCells(labels, reporter).map((key) => ({ key, column }));
  if (labels['direction'] === 'inbound' && column === FAILURE) {
    additions.push({ key: failureKey(reporter.workload), column: failureColumn(labels) });
  }
  return additions;
}

/** The cells that an answer, or its latency, belongs to. */
function answerCells(labels: Labels, { pod, workload }: Reporter): readonly CellKey[] {
  if (labels['direction'] === 'inbound') {
    const client = clientKey('http', keyOf(workload), channelText(labels, 'client_id'));
    return [chartKey(workload), chartKey(pod), client];
  }
  const to = destinationWorkload(labels);
  const channel = channelText(labels, 'server_id');
  const edge = edgeKey('http', keyOf(workload), to, channel);
  const service = destinationService(labels);
  return service === null ? [edge] : [edge, chartKey(service)];
}

function latencyAdditions(labels: Labels, cells: readonly CellKey[]): readonly Addition[] {
  const bucket = bucketIndex(labels['le'] ?? '');
  return bucket < 0 ? [] : cells.map((key) => ({ key, column: FIRST_BUCKET + bucket }));
}

function routeAnswerAdditions(labels: Labels): readonly Addition[] {
  const side = sideOf(labels);
  const column = classOf(labels);
  const additions: Addition[] = routeCells(labels, side).map((key) => ({ key, column }));
  const service = serviceOfDst(labels['dst'] ?? '');
  // A route's timeout is kept by the caller's proxy: the called workload's own proxies do not see it.
  const timedOut = labels['error'] === 'timeout' || labels['status_code'] === '504';
  if (side === 'eff' && column === FAILURE && timedOut && service !== null) {
    additions.push({ key: failureKey(service), column: FAILED_TIMEOUT });
  }
  return additions;
}

function sideOf(labels: Labels): RouteSide {
  return labels['direction'] === 'inbound' ? 'in' : 'eff';
}

function routeCells(labels: Labels, side: RouteSide): readonly CellKey[] {
  const service = serviceOfDst(labels['dst'] ?? '');
  if (service === null) return [];
  return [routeKey(side, service, oneWord(labels['rt_route'] ?? ''))];
}

function tcpCells(labels: Labels, { workload }: Reporter): readonly CellKey[] {
  const inbound = labels['direction'] === 'inbound';
  // The other peer of each direction is the proxy's connection to its own application.
  if (labels['peer'] !== (inbound ? 'src' : 'dst')) return [];
  const key = keyOf(workload);
  if (inbound) {
    return [tcpKey(workload), clientKey('tcp', key, channelText(labels, 'client_id'))];
  }
  return [edgeKey('tcp', key, destinationWorkload(labels), channelText(labels, 'server_id'))];
}

function classOf(labels: Labels): number {
  return labels['classification'] === 'failure' ? FAILURE : SUCCESS;
}

/** Column of a failed answer. One with a status and no error is the application's; the others never came whole. */
export function failureColumn(labels: Labels): number {
  const error = labels['error'] ?? '';
  if (error === 'timeout') return FAILED_TIMEOUT;
  if (error.startsWith('h2(')) return FAILED_RESET;
  return error === '' && labels['status_code'] !== undefined ? FAILED_APPLICATION : FAILED_OTHER;
}

function errorAdditions(labels: Labels, { workload }: Reporter): readonly Addition[] {
  const column = errorColumn(labels['error'] ?? '');
  return column < 0 ? [] : [{ key: failureKey(workload), column }];
}

/** Column of an error that a proxy counted; below 0 for one of no column. */
export function errorColumn(error: string): number {
  switch (error) {
    case 'failfast':
    case 'loadshed':
      return ERROR_NO_ENDPOINT;
    case 'response timeout':
      return ERROR_TIMEOUT;
    case 'tls detection timeout':
      return ERROR_TLS;
    case 'i/o':
      return ERROR_IO;
    default:
      return -1;
  }
}

function destinationWorkload(labels: Labels): string {
  const workload = workloadIn(labels, 'dst_');
  return workload === null ? '' : oneWord(keyOf(workload));
}

/** The service that an outbound series' labels name; null where they name none. */
export function destinationService(labels: Labels): ServiceRef | null {
  const namespace = labels['dst_namespace'];
  const name = labels['dst_service'];
  if (namespace === undefined || name === undefined) return null;
  return { kind: 'service', namespace, name };
}

/** `web-svc.emojivoto.svc.cluster.local:80` → the service; null for any other authority. */
export function serviceOfDst(dst: string): ServiceRef | null {
  const [name, namespace, svc] = dst.split(':', 1)[0]?.split('.') ?? [];
  if (name === undefined || name === '' || namespace === undefined || svc !== 'svc') return null;
  return { kind: 'service', namespace: oneWord(namespace), name: oneWord(name) };
}
