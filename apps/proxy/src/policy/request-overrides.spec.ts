import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_ROUTE, type Route } from '../route/route.ts';
import { requestHead } from '../testing/test-heads.ts';
import { overriddenRoute } from './request-overrides.ts';

function asked(fields: [string, string][], route: Route = NO_ROUTE, isGrpc = false): Route {
  return overriddenRoute(requestHead({}, fields), route, isGrpc);
}

function statuses(route: Route): number[] {
  return [499, 500, 501, 502, 503, 504, 505].filter((status) =>
    route.retry?.isRetryable(status, -1),
  );
}

test('a request that asks for nothing keeps the route as it is', () => {
  assert.equal(asked([['x-other', '1']]), NO_ROUTE);
  assert.equal(asked([['l5d-retry-http', 'whatever']]), NO_ROUTE);
  assert.equal(asked([['l5d-timeout', 'soon']]), NO_ROUTE);
  assert.equal(asked([['l5d-retry-limit', '3']]), NO_ROUTE, 'no condition to retry on');
});

test('retries by status: ranges, classes and single codes, once unless more are asked for', () => {
  assert.deepEqual(statuses(asked([['l5d-retry-http', '5xx']])), [500, 501, 502, 503, 504, 505]);
  assert.deepEqual(statuses(asked([['l5d-retry-http', 'gateway-error']])), [502, 503, 504]);
  assert.deepEqual(statuses(asked([['l5d-retry-http', '500, 503-504']])), [500, 503, 504]);
  const one = asked([['l5d-retry-http', '5xx']]).retry;
  assert.equal(one?.maxRetries, 1);
  assert.deepEqual(one.backoff, { minMs: 25, maxMs: 250, jitter: 1 });
  const more = asked([
    ['l5d-retry-http', '5xx'],
    ['l5d-retry-limit', '3'],
    ['l5d-retry-timeout', '250ms'],
  ]).retry;
  assert.equal(more?.maxRetries, 3);
  assert.equal(more.timeoutMs, 250);
});

test('gRPC has conditions of its own', () => {
  const fields: [string, string][] = [['l5d-retry-grpc', 'unavailable,cancelled']];
  const { retry } = asked(fields, NO_ROUTE, true);
  assert.deepEqual(
    [1, 2, 8, 14].filter((code) => retry?.isRetryable(200, code)),
    [1, 14],
  );
  assert.equal(asked(fields), NO_ROUTE, 'not for HTTP');
});

test('timeouts and a limit of its own replace the route’s', () => {
  const route: Route = {
    ...asked([['l5d-retry-http', '503']]),
    timeoutMs: 1000,
    timeouts: { responseMs: 0, idleMs: 70 },
  };
  const fields: [string, string][] = [
    ['l5d-timeout', '2s'],
    ['l5d-response-timeout', '1s'],
    ['l5d-retry-limit', '0'],
  ];
  const own = asked(fields, route);
  assert.equal(own.timeoutMs, 2000);
  assert.deepEqual(own.timeouts, { responseMs: 1000, idleMs: 70 });
  assert.equal(own.retry, null);
  assert.equal(asked([['l5d-request-timeout', '3s']], route).timeoutMs, 3000);
});
