import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toTcpAddress, type DestinationProfileSchema } from '@tulle/proxy-api';
import type { Target } from '../stack/connection.ts';
import type { Exchange } from '../stack/http-service.ts';
import { eventually } from '../testing/scripted-controller.ts';
import { sum } from '../testing/exposition.ts';
import { PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const NAME = 'web-svc.test.svc.cluster.local';
const BLUE = 'blue-svc.test.svc.cluster.local:80';
const GREEN = 'green-svc.test.svc.cluster.local:80';
type Overrides = NonNullable<MessageInitShape<typeof DestinationProfileSchema>['dstOverrides']>;

function instance(port: number, service: string) {
  return {
    update: {
      case: 'add' as const,
      value: {
        addrs: [{ addr: toTcpAddress('10.1.0.1', port) ?? {} }],
        metricLabels: { service },
      },
    },
  };
}

/** A split of two services with one instance each, at ports 8001 (blue) and 8002 (green), and a hand on the dice. */
async function start(t: TestContext, dstOverrides: Overrides, variables = {}) {
  const dice = { value: 0 };
  const mesh = await startTargets(variables, () => dice.value);
  t.after(() => mesh.close());
  const { controller } = mesh;
  controller.setProfile('10.96.0.2:80', { fullyQualifiedName: NAME, dstOverrides });
  controller.setEndpoints(BLUE, instance(8001, 'blue-svc'));
  controller.setEndpoints(GREEN, instance(8002, 'green-svc'));
  controller.setEndpoints(`${NAME}:80`, instance(8003, 'web-svc'));
  const target = mesh.targets.outbound({ host: '10.96.0.2', port: 80 });
  await target.protocol;
  return { ...mesh, target, dice };
}

async function portOf(target: Target): Promise<number> {
  const begun = await target.http.begin(requestHead(), PLAIN_PEER);
  assert.equal(begun.kind, 'exchange', JSON.stringify(begun));
  const exchange: Exchange = begun;
  const { port } = exchange.endpoint;
  exchange.responseHead(responseHead(200), false);
  exchange.firstBodyByte();
  exchange.end({ kind: 'complete' });
  return port;
}

test('a split gives each service its share, counted under the service called', async (t) => {
  const { target, dice, samples } = await start(t, [
    { authority: BLUE, weight: 90 },
    { authority: GREEN, weight: 10 },
  ]);
  // Blue may be known before green is, and then has it all.
  dice.value = 0.99;
  let warm = 1;
  while ((await portOf(target)) !== 8002) {
    warm++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const shares = new Map<number, number>();
  for (let index = 0; index < 100; index++) {
    dice.value = index / 100;
    const port = await portOf(target);
    shares.set(port, (shares.get(port) ?? 0) + 1);
  }
  assert.deepEqual(
    [...shares].toSorted(([a], [b]) => a - b),
    [
      [8001, 90],
      [8002, 10],
    ],
  );
  const page = samples();
  const apex = `authority="${NAME}:80"`;
  assert.equal(sum(page, 'request_total', apex, 'dst_service="blue-svc"'), 90 + warm - 1);
  assert.equal(sum(page, 'request_total', apex, 'dst_service="green-svc"'), 10 + 1);
  assert.equal(sum(page, 'route_request_total', `dst="${NAME}:80"`), 100 + warm);
});

test('a changed split is in force at once and keeps the connections of the services that stay', async (t) => {
  const { target, controller } = await start(t, [
    { authority: BLUE, weight: 1 },
    { authority: GREEN, weight: 1 },
  ]);
  const first = await target.http.begin(requestHead(), PLAIN_PEER);
  assert.equal(first.kind, 'exchange');
  const { endpoint } = first;
  controller.setProfile('10.96.0.2:80', {
    fullyQualifiedName: NAME,
    dstOverrides: [
      { authority: BLUE, weight: 0 },
      { authority: GREEN, weight: 1 },
    ],
  });
  await eventually(() => endpoint.retired, 'leaving blue');
  first.end({ kind: 'client-reset', code: null });
  assert.equal(await portOf(target), 8002);
  assert.equal(controller.asked.filter((each) => each === `endpoints ${GREEN}`).length, 1);
});

test('a split of no weight at all is none', async (t) => {
  const { target } = await start(t, [{ authority: BLUE, weight: 0 }]);
  assert.equal(await portOf(target), 8003);
});

test('a service without a ready instance leaves its share to the others', async (t) => {
  const { target, controller } = await start(t, [
    { authority: BLUE, weight: 99 },
    { authority: GREEN, weight: 1 },
  ]);
  assert.equal(await portOf(target), 8001);
  controller.setEndpoints(BLUE, { update: { case: 'noEndpoints', value: { exists: true } } });
  let port = 0;
  for (let attempt = 0; attempt < 200 && port !== 8002; attempt++) {
    port = await portOf(target);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(port, 8002);
});

test('bytes that are not HTTP are split too', async (t) => {
  const { target, dice } = await start(t, [
    { authority: BLUE, weight: 1 },
    { authority: GREEN, weight: 1 },
  ]);
  dice.value = 0.9;
  const exchange = await target.tcp.connect(PLAIN_PEER);
  assert.equal(exchange.kind, 'exchange');
  assert.equal(exchange.endpoint.port, 8002);
  exchange.closed(null);
});
