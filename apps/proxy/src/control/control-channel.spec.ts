import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { identityWire } from '@tulle/proxy-api/wire';
import { createProxyMetrics } from '../observe/proxy-metrics.ts';
import { checkExposition } from '../testing/exposition.ts';
import { freePort } from '../testing/proxy-process.ts';
import { ControlChannel } from './control-channel.ts';

test('names that are looked up are counted, addresses are not', async () => {
  const now = (): number => performance.now();
  const metrics = createProxyMetrics({ retainIdleMs: 1e9, now, version: 'test' });
  const port = await freePort();
  const lookups = async (host: string): Promise<ReadonlyMap<string, number>> => {
    const channel = new ControlChannel({
      client: 'identity',
      service: { address: { host, port }, name: null },
      metrics,
      secureContext: () => createSecureContext(),
    });
    const signal = AbortSignal.timeout(5000);
    await assert.rejects(
      channel.unary(identityWire.Identity_Certify, {}, { signal, timeoutMs: 5000 }),
    );
    channel.close();
    const page = checkExposition(metrics.registry.expose());
    return new Map([...page].filter(([name]) => name.startsWith('control_dns')));
  };
  assert.deepEqual(await lookups('127.0.0.1'), new Map());
  const labels = 'client="identity",record_type="A/AAAA"';
  assert.deepEqual(
    await lookups('localhost'),
    new Map([[`control_dns_resolutions_total{${labels},result="ok"}`, 1]]),
  );
});
