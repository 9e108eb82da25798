import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DestinationProfileSchema,
  toDuration,
  toHttpMethod,
  type RequestMatchSchema,
} from '@tulle/proxy-api';
import { MetricScope } from '@tulle/telemetry';
import { createProxyMetrics } from '../observe/proxy-metrics.ts';
import { compileClasses, isFailure, parseGrpcStatus } from './classify.ts';
import { compileRouteTable } from './route-table.ts';

type Match = MessageInitShape<typeof RequestMatchSchema>;
const path = (regex: string): Match => ({ match: { case: 'path', value: { regex } } });
const method = (name: string): Match => ({ match: { case: 'method', value: toHttpMethod(name) } });
const all = (...matches: Match[]): Match => ({ match: { case: 'all', value: { matches } } });
const any = (...matches: Match[]): Match => ({ match: { case: 'any', value: { matches } } });
const not = (match: Match): Match => ({ match: { case: 'not', value: match } });

function start(routes: readonly (readonly [string, Match])[]) {
  const faults: string[] = [];
  const metrics = createProxyMetrics({ retainIdleMs: 1000, now: () => 0, version: 'test' });
  const table = compileRouteTable(
    create(DestinationProfileSchema, {
      routes: routes.map(([route, condition]) => ({
        condition,
        metricsLabels: { route },
        timeout: toDuration(250),
      })),
    }),
    {
      direction: 'outbound',
      destination: 'web.test.svc.cluster.local:80',
      metrics,
      scope: new MetricScope(),
      onFault: (fault) => faults.push(fault),
    },
  );
  const nameOf = (name: string, target: string) =>
    table.match({ method: name, path: target }).labels['route'];
  return { table, nameOf, faults, metrics };
}

test('the first route that matches the whole path and the method wins; the query does not count', () => {
  const { nameOf, table } = start([
    ['list', all(path('/api/list'), method('GET'))],
    ['vote', path('/api/vote')],
    ['not posts', all(path('/api/.*'), not(method('POST')))],
    ['either', any(path('/a'), path('/b'))],
  ]);
  assert.equal(nameOf('GET', '/api/list'), 'list');
  assert.equal(nameOf('GET', '/api/list?x=/b'), 'list');
  assert.equal(nameOf('POST', '/api/list'), undefined);
  assert.equal(nameOf('PUT', '/api/list'), 'not posts');
  assert.equal(nameOf('GET', '/api/vote/more'), 'not posts');
  assert.equal(nameOf('GET', '/b'), 'either');
  assert.equal(nameOf('GET', '/api/list'), 'list');
  assert.equal(table.match({ method: 'GET', path: '/b' }).timeoutMs, 250);
});

test('a route whose pattern cannot be used is left out and told, the others go on', () => {
  const { nameOf, faults } = start([
    ['bad', path('/(')],
    ['bad inside', all(path('/['), method('GET'))],
    ['good', path('/.*')],
  ]);
  assert.equal(nameOf('GET', '/'), 'good');
  assert.equal(faults.length, 2);
});

test('remembering paths is bounded and changes no answer', () => {
  const { nameOf } = start([['numbers', path('/[0-9]+')]]);
  for (let index = 0; index < 5000; index++) {
    assert.equal(nameOf('GET', `/${index}`), 'numbers');
    assert.equal(nameOf('GET', `/x${index}`), undefined);
  }
  assert.equal(nameOf('GET', `/${'1'.repeat(1000)}`), 'numbers');
});

test('the default route is counted without a route label', () => {
  const { metrics, table } = start([['a', path('/a')]]);
  const route = table.match({ method: 'GET', path: '/b' }).metrics;
  if (route !== null) route.logical.requests.value++;
  assert.ok(
    metrics.registry
      .expose()
      .includes('route_request_total{direction="outbound",dst="web.test.svc.cluster.local:80"} 1'),
  );
});

test('response classes decide first, then the gRPC code, then the status', () => {
  const status = (min: number, max: number) => ({
    match: { case: 'status' as const, value: { min, max } },
  });
  const profile = create(DestinationProfileSchema, {
    routes: [
      {
        responseClasses: [
          { condition: status(503, 0), isFailure: false },
          { condition: status(400, 499), isFailure: true },
          { condition: { match: { case: 'not', value: status(200, 599) } }, isFailure: true },
        ],
      },
    ],
  });
  const classify = compileClasses(profile.routes[0]?.responseClasses ?? []);
  assert.equal(isFailure(classify(404), 404, -1), true);
  assert.equal(isFailure(classify(503), 503, -1), false);
  assert.equal(isFailure(classify(500), 500, -1), true);
  assert.equal(isFailure(classify(200), 200, 13), true);
  assert.equal(isFailure(classify(200), 200, 5), false);
  assert.equal(isFailure(classify(101), 101, -1), true);
});

test('a grpc-status that is no number is UNKNOWN', () => {
  assert.equal(parseGrpcStatus('0'), 0);
  assert.equal(parseGrpcStatus('16'), 16);
  assert.equal(parseGrpcStatus('x'), 2);
  assert.equal(parseGrpcStatus(undefined), -1);
});
