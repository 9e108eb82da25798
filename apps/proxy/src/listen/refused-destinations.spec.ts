import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { refusesInbound, refusesOutbound } from './refused-destinations.ts';

test('inbound serves its own addresses alone, or any where none are known', () => {
  const refuses = refusesInbound({ ips: new Set(['10.0.0.7', 'fd00::7']) });
  assert.equal(refuses({ host: '10.0.0.7', port: 80 }), null);
  assert.equal(refuses({ host: 'fd00::7', port: 80 }), null);
  assert.match(refuses({ host: '10.0.0.8', port: 80 }) ?? '', /somebody else/);
  assert.equal(refusesInbound({ ips: new Set() })({ host: '10.0.0.8', port: 80 }), null);
});

test('outbound never dials loopback for a redirected connection, so that it cannot dial itself', () => {
  const refuses = refusesOutbound({ listen: { kind: 'kernel', addresses: [] } });
  for (const host of ['127.0.0.1', '127.3.2.1', '::1']) {
    assert.match(refuses({ host, port: 4140 }) ?? '', /loopback/);
  }
  assert.equal(refuses({ host: '10.0.0.8', port: 4140 }), null);
  const laptop = refusesOutbound({ listen: { kind: 'table', pairs: [] } });
  assert.equal(laptop({ host: '127.0.0.1', port: 80 }), null);
});
