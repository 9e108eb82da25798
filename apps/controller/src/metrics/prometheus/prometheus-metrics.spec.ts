import assert from 'node:assert/strict';
import type { InstanceState, PlatformState, ServiceRef, WorkloadRef } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Registry } from 'prom-client';
import { createPrometheusMetrics } from './prometheus-metrics.ts';
import type { PrometheusMetrics } from './prometheus-metrics.ts';
import { AGGREGATE_QUERIES } from './queries.ts';
import { startExporter, startPrometheus } from './testing/real-prometheus.ts';
import type { RealPrometheus } from './testing/real-prometheus.ts';

const WINDOW_SECONDS = 8;
const WEB: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'web' };
const VOTING: WorkloadRef = { kind: 'statefulset', namespace: 'demo', name: 'voting' };
const REPORT: WorkloadRef = { kind: 'job', namespace: 'demo', name: 'report' };
const VOTING_SVC: ServiceRef = { kind: 'service', namespace: 'demo', name: 'voting-svc' };
const VOTING_ID = 'voting.demo.serviceaccount.identity.tulle.cluster.local';
const WEB_ID = 'web.demo.serviceaccount.identity.tulle.cluster.local';
const EXPIRES_AT = 1_900_000_000;

const lines: string[] = [];
const log = createLogger({
  name: 'test',
  level: 'debug',
  format: 'json',
  write: (line) => lines.push(line),
});
const cleanups: (() => unknown)[] = [];
let prometheus: RealPrometheus;
let metrics: PrometheusMetrics;

/** What the proxies of a small mesh would have counted after so many tenths of a second. */
function webText(tick: number): string {
  const to = `dst_namespace="demo",dst_statefulset="voting",dst_service="voting-svc",dst_pod="voting-0"`;
  const channel = `tls="true",server_id="${VOTING_ID}"`;
  return `${proxyText}response_total{direction="inbound",classification="success",status_code="200",tls="no_identity",no_tls_reason="no_tls_from_remote"} ${tick * 3}
response_total{direction="inbound",classification="failure",status_code="500",tls="no_identity",no_tls_reason="no_tls_from_remote"} ${tick}
${buckets('response_latency_ms', 'direction="inbound",tls="no_identity",no_tls_reason="no_tls_from_remote"', tick * 4)}
response_total{direction="outbound",${to},${channel},classification="success",status_code="200",grpc_status="0"} ${tick * 2}
response_total{direction="outbound",${to},${channel},classification="failure",status_code="200",grpc_status="2"} ${tick}
${buckets('response_latency_ms', `direction="outbound",${to},${channel}`, tick * 3)}
route_response_total{direction="outbound",dst="voting-svc.demo.svc.cluster.local:8080",rt_route="Vote",classification="success",status_code="200"} ${tick * 2}
route_response_total{direction="outbound",dst="voting-svc.demo.svc.cluster.local:8080",rt_route="Vote",classification="failure",error="timeout"} ${tick}
route_actual_response_total{direction="outbound",dst="voting-svc.demo.svc.cluster.local:8080",rt_route="Vote",classification="success",status_code="200"} ${tick * 5}
${buckets('route_response_latency_ms', 'direction="outbound",dst="voting-svc.demo.svc.cluster.local:8080",rt_route="Vote"', tick * 3)}
tcp_open_connections{direction="inbound",peer="src",tls="no_identity",no_tls_reason="no_tls_from_remote"} 2
tcp_open_connections{direction="outbound",peer="dst",${to},${channel}} 3
tcp_read_bytes_total{direction="outbound",peer="dst",${to},${channel}} ${tick * 100}
tcp_write_bytes_total{direction="outbound",peer="dst",${to},${channel}} ${tick * 50}
`;
}

function votingText(tick: number): string {
  const from = `tls="true",client_id="${WEB_ID}"`;
  return `${proxyText}response_total{direction="inbound",classification="success",status_code="200",${from}} ${tick * 2}
response_total{direction="inbound",classification="failure",status_code="200",grpc_status="2",${from}} ${tick}
response_total{direction="inbound",classification="failure",error="h2(CANCEL)",${from}} ${tick}
inbound_http_errors_total{error="failfast"} ${tick}
inbound_http_authz_deny_total{${from}} ${tick * 2}
${buckets('response_latency_ms', `direction="inbound",${from}`, tick * 4)}
`;
}

const proxyText = `process_start_time_seconds 1700000000
control_identity_cert_expiration_timestamp_seconds ${EXPIRES_AT}
control_identity_cert_refresh_timestamp_seconds ${EXPIRES_AT - 86_400}
`;

/** Half of the answers within 10 ms, all within 20 ms. */
function buckets(name: string, labels: string, count: number): string {
  const upTo = { 5: 0, 10: count / 2, 20: count, '+Inf': count };
  return Object.entries(upTo)
    .map(([le, value]) => `${name}_bucket{${labels},le="${le}"} ${Math.round(value)}`)
    .join('\n');
}

const STATE: PlatformState = {
  revision: 1,
  workloads: [],
  instances: [instance('web-1', WEB), instance('voting-0', VOTING), instance('gone-1', WEB)],
  services: [],
  rollouts: [],
};

function instance(name: string, workload: WorkloadRef): InstanceState {
  return {
    ref: { kind: 'pod', namespace: 'demo', name },
    workload,
    serviceAccount: workload.name,
    phase: 'ready',
    restarts: 0,
    reason: null,
    proxy: { identity: '', adminAddress: '', tapAddress: '', version: '1', ready: true },
    endpoints: [],
    startedAtMs: 0,
  };
}

function open(url: string, access = {}): PrometheusMetrics {
  const made = createPrometheusMetrics({
    access: { url, headersFile: null, basicAuthDir: null, ...access },
    state: () => STATE,
    windowSeconds: WINDOW_SECONDS,
    registry: new Registry(),
    log,
    now: Date.now,
    // Rounds are made by the tests.
    refreshMs: 3600_000,
  });
  cleanups.push(() => made.close());
  return made;
}

before(async () => {
  const startedAtMs = Date.now();
  const tick = (): number => 1 + Math.floor((Date.now() - startedAtMs) / 100);
  const web = await startExporter(() => webText(tick()));
  const voting = await startExporter(() => votingText(tick()));
  const report = await startExporter(
    () =>
      `${proxyText}response_total{direction="inbound",classification="success",status_code="200"} ${tick()}\n`,
  );
  prometheus = await startPrometheus(
    [
      { address: web.address, labels: { namespace: 'demo', deployment: 'web', pod: 'web-1' } },
      {
        address: voting.address,
        labels: { namespace: 'demo', statefulset: 'voting', pod: 'voting-0' },
      },
      { address: report.address, labels: { namespace: 'demo', k8s_job: 'report', pod: 'r-1' } },
    ],
    '500ms',
  );
  for (const exporter of [web, voting, report]) cleanups.push(() => exporter.close());
  metrics = open(prometheus.url);
  const giveUpAtMs = Date.now() + 60_000;
  const isFull = (): boolean => (metrics.golden(VOTING)?.requestsPerSecond ?? 0) > 30;
  while (!isFull()) {
    assert.ok(Date.now() < giveUpAtMs, 'the counters did not arrive in Prometheus');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await metrics.refreshNow();
  }
});
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await prometheus.close();
});

function near(value: number | null | undefined, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs((value ?? Number.NaN) - expected) <= tolerance,
    `${value} is not about ${expected}`,
  );
}

test('golden metrics of workloads, pods and services are what their proxies counted', () => {
  const golden = metrics.golden(WEB);
  near(golden?.successRate, 0.75, 0.01);
  near(golden?.requestsPerSecond, 40, 12);
  near(golden?.latencyP50Ms, 10, 0.01);
  near(golden?.latencyP95Ms, 19, 0.2);
  near(metrics.golden({ kind: 'pod', namespace: 'demo', name: 'web-1' })?.successRate, 0.75, 0.01);
  near(metrics.golden(VOTING_SVC)?.successRate, 2 / 3, 0.01);
  near(metrics.golden(REPORT)?.successRate, 1, 0);
  assert.equal(metrics.golden({ ...WEB, name: 'nobody' }), null);
});

test('edges and clients say over which channel, with whose identity', () => {
  const [edge, ...more] = metrics.edges();
  assert.equal(more.length, 0);
  assert.deepEqual([edge?.from, edge?.to], [WEB, VOTING]);
  assert.deepEqual(edge?.channel, { kind: 'mutual-tls', identity: VOTING_ID });
  near(edge.golden?.successRate, 2 / 3, 0.01);
  near(edge.golden?.latencyP99Ms, 19.8, 0.2);
  assert.equal(edge.tcp?.openConnections, 3);
  near(edge.tcp.readBytesPerSecond, 1000, 300);
  const [client] = metrics.clients(VOTING);
  assert.deepEqual(client?.channel, { kind: 'mutual-tls', identity: WEB_ID });
  assert.equal(client.idleSeconds, 0);
  assert.deepEqual(metrics.clients(WEB)[0]?.channel, {
    kind: 'plain',
    reason: 'no_tls_from_remote',
  });
  assert.equal(metrics.tcp(WEB)?.openConnections, 2);
});

test('routes tell what callers saw with and without retries; failures who refused', () => {
  const [route] = metrics.routes(VOTING_SVC);
  assert.equal(route?.route, 'Vote');
  near(route.effective?.successRate, 2 / 3, 0.01);
  assert.equal(route.inbound, null);
  const tries = route.actual?.requestsPerSecond ?? 0;
  near(tries / (route.effective?.requestsPerSecond ?? 1), 5 / 3, 0.2);
  const failures = metrics.failures(VOTING);
  assert.ok(failures.application > 0 && failures.reset > 0 && failures.noEndpoint > 0);
  near(failures.policy / failures.application, 2, 0.2);
});

test('facts of proxies, and how many of those that should answer do', () => {
  const facts = metrics.proxy({ kind: 'pod', namespace: 'demo', name: 'voting-0' });
  assert.equal(facts?.certificateExpiresAtMs, EXPIRES_AT * 1000);
  assert.equal(facts.startedAtMs, 1_700_000_000_000);
  assert.ok((facts.firstResponseAtMs ?? 0) > 0);
  const { atMs, proxiesAnswered, proxiesExpected } = metrics.freshness();
  near(atMs, Date.now(), 30_000);
  assert.deepEqual([proxiesAnswered, proxiesExpected], [2, 3]);
});

test('a series is a range query, one point a step; a spark has its newest points', async () => {
  const points = await metrics.series(WEB, 30, 2);
  assert.equal(points.length, 15);
  assert.equal((points.at(-1)?.atMs ?? 1) % 2000, 0);
  near(points.at(-1)?.successRate, 0.75, 0.01);
  near(points.at(-1)?.latencyP95Ms, 19, 0.2);
  assert.equal((await metrics.series({ ...WEB, name: 'no"body' }, 30, 2))[0]?.successRate, null);
  await assert.rejects(metrics.series(WEB, 86_400, 1), /more than 2000 points/);
  assert.equal(metrics.spark(WEB).success.length, 60);
});

test('the number of questions does not depend on the number of workloads', async () => {
  let asked = 0;
  const counting = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
  });
  await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => counting.close());
  const other = open(`http://127.0.0.1:${(counting.address() as AddressInfo).port}`);
  await other.refreshNow();
  assert.equal(asked, AGGREGATE_QUERIES.length + 1);
  for (let index = 0; index < 1000; index += 1) other.golden({ ...WEB, name: `w${index}` });
  assert.equal(asked, AGGREGATE_QUERIES.length + 1);
  other.close();
});

test('headers and a password from files are sent; without them the refusal is clear', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-access-'));
  cleanups.push(() => rm(dir, { recursive: true }));
  writeFileSync(join(dir, 'username'), 'mesh\n');
  writeFileSync(join(dir, 'password'), 'secret\n');
  writeFileSync(join(dir, 'headers.json'), '{"X-Scope-OrgID": "mesh"}');
  const seen: (string | undefined)[] = [];
  const gate = createServer((request, response) => {
    request.resume();
    const tenant = request.headers['x-scope-orgid'];
    if (request.headers.authorization === undefined) response.statusCode = 401;
    else seen.push(request.headers.authorization, String(tenant));
    response.end('{"status":"success","data":{"result":[]}}');
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => gate.close());
  const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}/prometheus/`;
  const known = open(url, { headersFile: join(dir, 'headers.json'), basicAuthDir: dir });
  await known.refreshNow();
  assert.deepEqual(seen.slice(0, 2), [
    `Basic ${Buffer.from('mesh:secret').toString('base64')}`,
    'mesh',
  ]);
  lines.length = 0;
  await open(url).refreshNow();
  assert.match(lines.join(''), /does not take our credentials \(401\)/);
});

test('while Prometheus is away the last numbers are kept, with their time; it is noticed when it returns', async () => {
  const before = metrics.freshness().atMs;
  const golden = metrics.golden(WEB);
  lines.length = 0;
  await prometheus.kill();
  await metrics.refreshNow();
  await metrics.refreshNow();
  assert.equal(lines.filter((line) => line.includes('Prometheus cannot be asked')).length, 1);
  assert.match(lines.join(''), /cannot be reached: ECONNREFUSED/);
  assert.deepEqual(metrics.golden(WEB), golden);
  assert.equal(metrics.freshness().atMs, before);
  await assert.rejects(metrics.series(WEB, 30, 2), /cannot be reached/);
  await prometheus.start();
  await metrics.refreshNow();
  assert.ok(lines.some((line) => line.includes('Prometheus answers again')));
});
