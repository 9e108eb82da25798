import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MetricScope } from '@tulle/telemetry';
import { silentLog } from '../testing/silent-log.ts';
import { BalancerMetrics } from '../observe/balancer-metrics.ts';
import { Balancer } from './balancer.ts';
import { LiveEndpoint } from './live-endpoint.ts';
import { PeakEwma } from './peak-ewma.ts';

const NO_TRANSPORT = { opened() {}, closed() {}, read() {}, wrote() {} };

function start(t: TestContext, count: number, capacity = 10) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = { ms: 1000, random: 0 };
  const balancer = new Balancer({
    name: 'web:80',
    queue: { capacity, failfastTimeoutMs: 3000 },
    backoff: { minMs: 100, maxMs: 1000, jitter: 0 },
    metrics: new BalancerMetrics(null, {}, new MetricScope(), 3000),
    log: silentLog,
    now: () => clock.ms,
    random: () => clock.random,
  });
  const endpoints = Array.from({ length: count }, (_each, index) => endpointAt(8000 + index));
  balancer.replace(endpoints);
  const pass = (ms: number): void => {
    clock.ms += ms;
    t.mock.timers.tick(ms);
  };
  const first = endpoints[0] as LiveEndpoint;
  return { balancer, endpoints, first, clock, pass };
}

function endpointAt(port: number): LiveEndpoint {
  return new LiveEndpoint({
    host: '127.0.0.1',
    port,
    tls: { kind: 'none', reason: 'not_provided_by_service_discovery' },
    labels: {},
    transport: NO_TRANSPORT,
    metrics: null,
    scope: new MetricScope(),
    nowMs: 0,
  });
}

test('of two endpoints the less loaded is chosen', (t) => {
  const { balancer, endpoints, first } = start(t, 2);
  first.pending = 3;
  assert.equal(balancer.pick(), endpoints[1]);
  first.pending = 0;
  first.rtt.observe(1, 1000);
  const second = endpoints[1] as LiveEndpoint;
  second.rtt.observe(500, 1000);
  assert.equal(balancer.pick(), first);
});

test('two distinct endpoints are compared, each can come', (t) => {
  const { balancer, endpoints, clock } = start(t, 3);
  const seen = new Set<LiveEndpoint | null>();
  for (const random of [0, 0.34, 0.67, 0.99]) {
    clock.random = random;
    seen.add(balancer.pick());
  }
  assert.deepEqual(seen.size, endpoints.length);
});

test('a slow endpoint gets fewer requests and is tried again when its memory fades', () => {
  const rtt = new PeakEwma(0);
  assert.equal(rtt.read(0), 30);
  rtt.observe(1000, 0);
  assert.equal(rtt.read(0), 1000);
  rtt.observe(10, 1000);
  assert.ok(rtt.read(1000) > 900, 'comes down slowly');
  assert.ok(rtt.read(60_000) < 30);
  assert.equal(rtt.read(1e9), 1);
});

test('an endpoint that cannot be connected to is kept out, then tried by one request at a time', (t) => {
  const { balancer, endpoints, first, clock } = start(t, 2);
  first.connectionFailed();
  first.connectionFailed();
  assert.equal(first.failures, 1, 'connections failing together count once');
  assert.equal(balancer.pick(), endpoints[1]);
  clock.ms += 100;
  assert.equal(balancer.pick(), first, 'one request tries it');
  assert.equal(balancer.pick(), endpoints[1], 'the next does not');
  first.connectionFailed();
  clock.ms += 199;
  assert.equal(balancer.pick(), endpoints[1], 'the pause has doubled');
  clock.ms += 1;
  assert.equal(balancer.pick(), first);
  first.connectionReady();
  assert.equal(first.failures, 0);
  const second = endpoints[1] as LiveEndpoint;
  second.pending = 1;
  assert.equal(balancer.pick(), first);
});

test('requests wait while nothing is ready and go when something is', async (t) => {
  const { balancer } = start(t, 0);
  assert.equal(balancer.pick(), null);
  const waiting = balancer.wait();
  const endpoint = endpointAt(9000);
  balancer.replace([endpoint]);
  assert.equal(await waiting, endpoint);
});

test('a waiting request becomes the probe of a failing endpoint', async (t) => {
  const { balancer, first, pass } = start(t, 1);
  first.connectionFailed();
  assert.equal(balancer.pick(), null);
  const waiting = balancer.wait();
  const second = balancer.wait();
  pass(100);
  assert.equal(await waiting, first);
  first.connectionReady();
  assert.equal(await second, first);
});

test('past the failfast timeout all that wait fail, later ones at once, until an endpoint is ready', async (t) => {
  const { balancer, pass } = start(t, 0);
  const waiting = [balancer.wait(), balancer.wait()];
  pass(3000);
  assert.deepEqual(await Promise.all(waiting), ['failfast', 'failfast']);
  assert.equal(await balancer.wait(), 'failfast');
  const endpoint = endpointAt(9000);
  balancer.replace([endpoint]);
  assert.equal(balancer.pick(), endpoint);
  balancer.replace([]);
  const again = balancer.wait();
  balancer.replace([endpoint]);
  assert.equal(await again, endpoint);
});

test('past the queue capacity load is shed', async (t) => {
  const { balancer } = start(t, 0, 1);
  const waiting = balancer.wait();
  assert.equal(await balancer.wait(), 'loadshed');
  balancer.close();
  assert.equal(await waiting, 'failfast');
});

test('a retired endpoint closes its pools once and no longer counts', (t) => {
  const { balancer, first } = start(t, 1);
  let closed = 0;
  first.pools.http1 = { close: () => closed++ };
  balancer.replace([]);
  first.retire();
  first.retire();
  first.connectionFailed();
  assert.equal(closed, 1);
  assert.equal(first.retired, true);
  assert.equal(balancer.pick(), null);
});

// An endpoint that hung was forgotten as it gave no answers to measure, and soon looked faster than one that answered.
test('an endpoint that lets requests wait in vain is avoided until its memory fades', (t) => {
  const { balancer, endpoints, first, clock } = start(t, 2);
  const second = endpoints[1] as LiveEndpoint;
  first.unanswered(5000, clock.ms);
  for (let request = 0; request < 60; request += 1) {
    clock.ms += 500;
    clock.random = request % 2 === 0 ? 0 : 0.6;
    assert.equal(balancer.pick(), second);
    second.rtt.observe(5, clock.ms);
  }
  clock.ms += 60_000;
  clock.random = 0;
  assert.equal(balancer.pick(), first);
});

test('a broken answer does not make an endpoint look fast', (t) => {
  const { first, clock } = start(t, 1);
  first.rtt.observe(200, clock.ms);
  first.unanswered(1, clock.ms + 100);
  assert.ok(first.rtt.read(clock.ms + 100) > 190);
});
