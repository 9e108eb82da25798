import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { PeerTls } from '../stack/http-service.ts';
import { requestHead } from '../testing/test-heads.ts';
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

test('what the kubelet asks is answered under every default policy, and nothing else is', () => {
  const { inbound } = testConfig(1, {
    INBOUND_DEFAULT_POLICY: 'deny',
    INBOUND_PROBES: '8080/ready,8080/live,9000/grpc.health.v1.Health/Check',
  });
  const policies = new ServerPolicies(
    inbound,
    {
      watchPort: () => () => undefined,
      watchAddress: () => () => undefined,
      close: () => undefined,
    },
    silentLog,
  );
  const tls: PeerTls = { kind: 'none', reason: 'no_tls_from_remote' };
  const lets = (port: number, path: string): boolean => {
    const { routes, defaultRule } = policies.use(port, () => undefined).current;
    const rule = routes === null ? defaultRule : routes.find(requestHead({ path }));
    const peer = { address: '10.0.0.1', port: 1, tls };
    return rule?.authorizations.some((each) => each.allows(peer)) ?? false;
  };
  assert.equal(lets(8080, '/ready'), true);
  assert.equal(lets(8080, '/live?verbose'), true);
  assert.equal(lets(9000, '/grpc.health.v1.Health/Check'), true);
  assert.equal(lets(8080, '/ready/secret'), false);
  assert.equal(lets(8080, '/'), false);
  assert.equal(lets(8081, '/ready'), false);
});
