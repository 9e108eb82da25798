import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  fromHeaders,
  fromTcpAddress,
  TapEvent_ProxyDirection,
  toHttpMethod,
  toIpAddress,
  type TapEvent,
} from '@tulle/proxy-api';
import { sum } from '../../testing/exposition.ts';
import { eventually } from '../../testing/scripted-controller.ts';
import {
  CLIENT,
  finish,
  startTapHarness,
  type ObserveInit as Request,
} from '../../testing/tap-harness.ts';

const EVERYTHING: Request = { limit: 10, match: { match: { case: 'all', value: {} } } };
const WITH_HEADERS: Request = {
  ...EVERYTHING,
  extract: {
    extract: { case: 'http', value: { extract: { case: 'headers', value: {} } } },
  },
};

test('an observer sees a request, its answer and its end, with secrets redacted', async (t) => {
  const { taps, clock, events, observe, send } = await startTapHarness(t);
  assert.equal(taps.active, false);
  const { ended } = observe({ ...WITH_HEADERS, limit: 1 });
  await eventually(() => taps.active, 'the tap');
  const exchange = send(undefined, [
    ['authorization', 'Bearer hunter2'],
    ['accept', '*/*'],
  ]);
  clock.ms = 40;
  finish(exchange);
  await ended;
  assert.equal(taps.active, false);
  assert.deepEqual(
    events.map((event) => event.event.value?.event.case),
    ['requestInit', 'responseInit', 'responseEnd'],
  );
  const [init, head, end] = events as [TapEvent, TapEvent, TapEvent];
  assert.equal(init.proxyDirection, TapEvent_ProxyDirection.INBOUND);
  assert.equal(fromTcpAddress(init.destination)?.port, 9000);
  assert.deepEqual(init.sourceMeta?.labels, { tls: 'true', client_id: CLIENT });
  assert.equal(init.destinationMeta?.labels['srv_name'], 'all-unauthenticated');
  const request = init.event.value?.event;
  assert.ok(request?.case === 'requestInit');
  assert.equal(request.value.path, '/api/vote');
  const fields = new Map(fromHeaders(request.value.headers));
  assert.equal(fields.get(':path'), '/api/vote?choice=:joy:&token=[redacted]');
  assert.equal(fields.get('authorization'), '[redacted]');
  assert.equal(fields.get('accept'), '*/*');
  const response = head.event.value?.event;
  assert.ok(response?.case === 'responseInit');
  assert.equal(response.value.httpStatus, 200);
  assert.equal(response.value.sinceRequestInit?.nanos, 40_000_000);
  assert.equal(new Map(fromHeaders(response.value.headers)).get('set-cookie'), '[redacted]');
  const last = end.event.value?.event;
  assert.ok(last?.case === 'responseEnd');
  assert.equal(last.value.responseBytes, 42n);
  assert.deepEqual(last.value.id, request.value.id);
});

test('without extraction no headers are sent; the limit ends the stream with its last request', async (t) => {
  const { taps, events, observe, send } = await startTapHarness(t);
  const { ended } = observe({ ...EVERYTHING, limit: 2 });
  await eventually(() => taps.active, 'the tap');
  const [first, second, third] = [send(), send(), send()];
  for (const exchange of [first, second, third]) finish(exchange);
  await ended;
  assert.equal(events.length, 6);
  for (const { event } of events) {
    const http = event.value?.event;
    if (http?.case === 'requestInit') assert.equal(http.value.headers, undefined);
  }
});

test('a match is decided in the proxy', async (t) => {
  const { taps, events, observe, send } = await startTapHarness(t);
  const match = (value: Request['match']): Request => ({
    limit: 1,
    ...(value && { match: value }),
  });
  const http = (value: object) =>
    ({ match: { case: 'http' as const, value: { match: value } } }) as never;
  const { ended } = observe(
    match({
      match: {
        case: 'all',
        value: {
          matches: [
            http({ case: 'method', value: toHttpMethod('GET') }),
            http({ case: 'path', value: { match: { case: 'prefix', value: '/api/' } } }),
            http({ case: 'authority', value: { match: { case: 'exact', value: 'web' } } }),
            {
              match: {
                case: 'not',
                value: http({
                  case: 'path',
                  value: { match: { case: 'exact', value: '/api/list' } },
                }),
              },
            },
            {
              match: {
                case: 'source',
                value: {
                  match: {
                    case: 'netmask',
                    value: { ip: toIpAddress('127.0.0.0') ?? {}, mask: 8 },
                  },
                },
              },
            },
            {
              match: {
                case: 'destination',
                value: { match: { case: 'ports', value: { min: 9000, max: 0 } } },
              },
            },
            {
              match: {
                case: 'destinationLabel',
                value: { key: 'srv_name', value: 'all-unauthenticated' },
              },
            },
          ],
        },
      },
    }),
  );
  await eventually(() => taps.active, 'the tap');
  for (const path of ['/', '/api/list?x', '/api/vote']) finish(send(path));
  await ended;
  const [init] = events;
  assert.ok(init?.event.value?.event.case === 'requestInit');
  assert.equal(init.event.value.event.value.path, '/api/vote');
});

test('an observer that goes is forgotten', async (t) => {
  const { taps, observe, send } = await startTapHarness(t);
  const { ended, stop } = observe(EVERYTHING);
  await eventually(() => taps.active, 'the tap');
  stop.abort();
  await assert.rejects(ended);
  await eventually(() => !taps.active, 'forgetting');
  finish(send());
});

test('an observer that does not keep up loses events, which are counted, and nobody waits', async (t) => {
  const { taps, observe, send, samples } = await startTapHarness(t);
  const { ended } = observe({ ...EVERYTHING, limit: 500 });
  await eventually(() => taps.active, 'the tap');
  // All in one turn: the reader cannot take any meanwhile.
  for (let request = 0; request < 500; request++) finish(send());
  await ended;
  assert.ok(sum(samples(), 'tap_dropped_events_total') >= 1000);
});

for (const [who, name] of [
  ['another identity', CLIENT],
  ['no identity', null],
] as const) {
  test(`${who} may not observe`, async (t) => {
    const { observe, taps } = await startTapHarness(t, name);
    await assert.rejects(observe(EVERYTHING).ended, (error: unknown) => {
      assert.equal(ConnectError.from(error).code, Code.Unauthenticated);
      return true;
    });
    assert.equal(taps.active, false);
  });
}

for (const [what, request] of [
  ['a limit of 0', { ...EVERYTHING, limit: 0 }],
  ['no match', { limit: 1 }],
  [
    'an empty label',
    { limit: 1, match: { match: { case: 'routeLabel', value: { key: 'a', value: '' } } } },
  ],
] as const) {
  test(`${what} is an invalid argument`, async (t) => {
    const { observe } = await startTapHarness(t);
    await assert.rejects(observe(request).ended, (error: unknown) => {
      assert.equal(ConnectError.from(error).code, Code.InvalidArgument);
      return true;
    });
  });
}
