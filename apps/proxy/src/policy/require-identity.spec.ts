import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { PeerTls } from '../stack/http-service.ts';
import { silentLog } from '../testing/silent-log.ts';
import { testConfig } from '../testing/test-config.ts';
import { ServerPolicies } from './server-policies.ts';

test('ports that require an identity let nobody else in, whatever the default policy says', () => {
  const { inbound } = testConfig(1, { INBOUND_PORTS_REQUIRE_IDENTITY: '8443,9000-9001' });
  const policies = new ServerPolicies(
    inbound,
    {
      watchPort: () => () => undefined,
      watchAddress: () => () => undefined,
      close: () => undefined,
    },
    silentLog,
  );
  const lets = (port: number, tls: PeerTls): boolean => {
    const { authorizations } = policies.use(port, () => undefined).current;
    return authorizations.some((each) => each.allows({ address: '10.0.0.9', port: 1, tls }));
  };
  const plain: PeerTls = { kind: 'none', reason: 'no_tls_from_remote' };
  const meshed: PeerTls = { kind: 'mutual', clientId: 'web.shop.serviceaccount.identity' };
  for (const port of [8443, 9001]) {
    assert.equal(lets(port, plain), false);
    assert.equal(lets(port, meshed), true);
  }
  assert.equal(lets(8080, plain), true);
});
