import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadRef } from '@tulle/model';
import { CellStore } from './cell-store.ts';
import { ScrapeTarget } from './target.ts';
import { WindowReader } from './window-reader.ts';

const WEB: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'web' };
const POD = { kind: 'pod', namespace: 'demo', name: 'web-1' } as const;
/** Watching since then; seconds since the epoch. */
const START = 1_700_000_000;
const IN = 'direction="inbound",tls="no_identity",no_tls_reason="no_tls_from_remote"';

function setUp(windowSeconds = 60) {
  const store = new CellStore(windowSeconds);
  const target = new ScrapeTarget({ pod: POD, workload: WEB }, store, START * 1000);
  let second = START;
  return {
    target,
    store,
    /** Scrapes at a second after the start. */
    scrape: (after: number, lines: readonly string[]): void => {
      second = START + after;
      target.accept(`${lines.join('\n')}\n# EOF\n`, second * 1000 + 250);
    },
    reader: () =>
      new WindowReader(store, windowSeconds, second, (key) => target.gauges.get(key) ?? null),
  };
}

function total(success: number, failure: number): string[] {
  return [
    `response_total{${IN},status_code="200",classification="success"} ${success}`,
    `response_total{${IN},status_code="500",classification="failure"} ${failure}`,
  ];
}

test('what was counted before the controller looked is a baseline; increases are traffic', () => {
  const { scrape, reader } = setUp();
  const started = `process_start_time_seconds ${START - 1000}`;
  scrape(1, [started, ...total(1000, 50)]);
  assert.equal(reader().golden(WEB)?.successCount, 0);
  scrape(2, [started, ...total(1009, 51)]);
  const golden = reader().golden(WEB);
  assert.equal(golden?.successCount, 9);
  assert.equal(golden.failureCount, 1);
  assert.equal(golden.successRate, 0.9);
  assert.equal(reader().golden(POD)?.successCount, 9);
});

test('a proxy started while the controller looks counts from zero', () => {
  const { scrape, reader, target } = setUp();
  scrape(5, [`process_start_time_seconds ${START + 4}`, ...total(3, 1)]);
  assert.equal(reader().golden(WEB)?.successCount, 3);
  assert.equal(target.facts.firstResponseAtMs, (START + 5) * 1000 + 250);
});

test('a series that appears later counts from zero; a counter that shrank starts again', () => {
  const { scrape, reader } = setUp();
  scrape(1, total(100, 0).slice(0, 1));
  scrape(2, total(100, 4));
  assert.equal(reader().golden(WEB)?.failureCount, 4);
  scrape(3, total(7, 4));
  assert.equal(reader().golden(WEB)?.successCount, 7);
});

test('a proxy that restarted on the same address counts from zero, also where its counters are higher', () => {
  const { scrape, reader } = setUp();
  scrape(1, [`process_start_time_seconds ${START - 9}`, ...total(5, 0)]);
  scrape(2, [`process_start_time_seconds ${START + 1}`, ...total(8, 0)]);
  assert.equal(reader().golden(WEB)?.successCount, 8);
});

test('an increase over a long silence is not put on one second', () => {
  const { scrape, reader } = setUp();
  scrape(1, total(0, 0));
  scrape(2, total(1, 0));
  scrape(40, total(5000, 0));
  assert.equal(reader().golden(WEB)?.successCount, 1);
  scrape(41, total(5002, 0));
  assert.equal(reader().golden(WEB)?.successCount, 3);
});

test('the window forgets, and rates do not start too low', () => {
  const { scrape, reader } = setUp(10);
  scrape(0, total(0, 0));
  for (let second = 1; second <= 4; second += 1) scrape(second, total(second * 10, 0));
  assert.equal(reader().golden(WEB)?.requestsPerSecond, 10);
  for (let second = 5; second <= 30; second += 1) scrape(second, total(40, 0));
  assert.equal(reader().golden(WEB)?.requestsPerSecond, 0);
  assert.equal(reader().golden(WEB)?.successRate, null);
});

test('callers are told apart by who they proved to be', () => {
  const { scrape, reader } = setUp();
  const meshed = 'direction="inbound",tls="true",client_id="bot.demo.serviceaccount.identity.x"';
  const lines = (n: number): string[] => [
    `response_total{${meshed},classification="success",status_code="200"} ${n}`,
    `tcp_open_connections{peer="src",${meshed}} 2`,
    `tcp_open_connections{peer="dst",${meshed}} 9`,
    ...total(n, 0),
  ];
  scrape(1, lines(0));
  scrape(2, lines(4));
  const clients = reader().clients(WEB);
  assert.deepEqual(
    clients.map(({ channel, golden, tcp }) => [
      channel,
      golden?.successCount,
      tcp?.openConnections,
    ]),
    [
      [{ kind: 'mutual-tls', identity: 'bot.demo.serviceaccount.identity.x' }, 4, 2],
      [{ kind: 'plain', reason: 'no_tls_from_remote' }, 4, undefined],
    ],
  );
});

test('an outbound call is an edge to the destination its labels name, and a call of the service', () => {
  const { scrape, reader } = setUp();
  const labels =
    'direction="outbound",tls="true",server_id="voting.demo.id",dst_namespace="demo",dst_deployment="voting",dst_service="voting-svc"';
  scrape(1, [`response_total{${labels},classification="failure",status_code="200"} 0`]);
  scrape(2, [`response_total{${labels},classification="failure",status_code="200"} 6`]);
  const [edge] = reader().edges();
  assert.deepEqual(edge?.from, WEB);
  assert.deepEqual(edge.to, { kind: 'deployment', namespace: 'demo', name: 'voting' });
  assert.deepEqual(edge.channel, { kind: 'mutual-tls', identity: 'voting.demo.id' });
  const service = { kind: 'service', namespace: 'demo', name: 'voting-svc' } as const;
  assert.equal(reader().golden(service)?.failureCount, 6);
});

test('routes are kept apart by service, name and side', () => {
  const { scrape, reader } = setUp();
  const dst = 'dst="web-svc.demo.svc.cluster.local:80"';
  const lines = (n: number): string[] => [
    `route_response_total{direction="inbound",${dst},rt_route="GET /",classification="success"} ${n}`,
    `route_response_latency_ms_bucket{direction="inbound",${dst},rt_route="GET /",le="1"} ${n}`,
    `route_response_latency_ms_bucket{direction="inbound",${dst},rt_route="GET /",le="+Inf"} ${n}`,
    `route_response_total{direction="inbound",${dst},classification="success"} ${n}`,
    `route_response_total{direction="outbound",${dst},rt_route="GET /",classification="failure",error="timeout"} ${n}`,
    `route_actual_response_total{direction="outbound",${dst},rt_route="GET /",classification="failure"} ${2 * n}`,
  ];
  scrape(1, lines(0));
  scrape(2, lines(5));
  const service = { kind: 'service', namespace: 'demo', name: 'web-svc' } as const;
  const routes = reader().routes(service);
  const named = routes.find(({ route }) => route === 'GET /');
  assert.equal(named?.inbound?.successCount, 5);
  assert.equal(named.effective?.failureCount, 5);
  assert.equal(named.actual?.failureCount, 10);
  assert.equal(routes.find(({ route }) => route === '')?.inbound?.successCount, 5);
  assert.equal(reader().failures(WEB, [service]).timeout, 5);
});

test('a failure that the proxy tells twice is counted once', () => {
  const { scrape, reader } = setUp();
  const lines = (n: number): string[] => [
    ...total(0, 3 * n),
    `response_total{${IN},classification="failure",error="unclassified"} ${2 * n}`,
    `inbound_http_errors_total{error="failfast"} ${n}`,
    `inbound_http_errors_total{error="i/o"} ${n}`,
    `inbound_http_authz_deny_total{tls="no_identity"} ${n}`,
  ];
  scrape(1, lines(0));
  scrape(2, lines(4));
  assert.deepEqual(reader().failures(WEB, []), {
    application: 12,
    timeout: 0,
    noEndpoint: 4,
    policy: 4,
    tls: 0,
    reset: 4,
  });
});
