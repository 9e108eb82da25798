import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { toTcpAddress } from '@tulle/proxy-api';
import type { Exchange } from '../stack/http-service.ts';
import { PLAIN_PEER, requestHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const WEB = 'web.test.svc.cluster.local';

/** An ingress controller that has dialled an instance by its own address. */
async function start(t: TestContext) {
  const mesh = await startTargets({ INGRESS_MODE: 'true' });
  t.after(() => mesh.close());
  const addrs = [{ addr: toTcpAddress('10.1.0.1', 8001) ?? {} }];
  mesh.controller.setProfile(`${WEB}:8080`, { fullyQualifiedName: WEB });
  mesh.controller.setEndpoints(`${WEB}:8080`, { update: { case: 'add', value: { addrs } } });
  mesh.controller.setProfile('10.96.5.5:9000', {});
  const target = mesh.targets.outbound({ host: '10.96.5.5', port: 9000 });
  return { ...mesh, target };
}

test('a request goes to the service that it names, and the name goes no further', async (t) => {
  const { target, controller } = await start(t);
  const head = requestHead({}, [['l5d-dst-override', `${WEB}:8080`]]);
  const exchange = (await target.http.begin(head, PLAIN_PEER)) as Exchange;
  assert.equal(exchange.kind, 'exchange');
  assert.equal(exchange.endpoint.port, 8001);
  assert.ok(exchange.headerEdit.strip.includes('l5d-dst-override'));
  assert.deepEqual(exchange.headerEdit.set, [['l5d-dst-canonical', `${WEB}:8080`]]);
  exchange.end({ kind: 'client-reset', code: null });
  assert.ok(controller.askedPolicies.includes(`policy ${WEB}:8080`));
});

test('without a name it goes to where it was dialled, and the metrics say why it is plain', async (t) => {
  const { target } = await start(t);
  const exchange = (await target.http.begin(requestHead(), PLAIN_PEER)) as Exchange;
  assert.equal(exchange.endpoint.host, '10.96.5.5');
  assert.deepEqual(exchange.endpoint.tls, { kind: 'none', reason: 'ingress_without_override' });
  exchange.end({ kind: 'client-reset', code: null });
});

test('a name outside the mesh is refused, and clients are not told why', async (t) => {
  const { target } = await start(t);
  for (const name of ['evil.example.com:80', 'metadata.internal', '']) {
    const begun = await target.http.begin(
      requestHead({}, [['l5d-dst-override', name]]),
      PLAIN_PEER,
    );
    assert.equal(begun.kind, 'refusal', name);
    if (begun.kind === 'refusal') assert.equal(begun.status, 502);
  }
});

test('services are let go with the connection', async (t) => {
  const { target, targets } = await start(t);
  const head = requestHead({}, [['l5d-dst-override', `${WEB}:8080`]]);
  const exchange = (await target.http.begin(head, PLAIN_PEER)) as Exchange;
  exchange.end({ kind: 'client-reset', code: null });
  target.release();
  const again = targets.outbound({ host: '10.96.5.5', port: 9000 });
  const later = (await again.http.begin(head, PLAIN_PEER)) as Exchange;
  assert.equal(later.endpoint, exchange.endpoint, 'kept for the idle timeout');
  later.end({ kind: 'client-reset', code: null });
});
