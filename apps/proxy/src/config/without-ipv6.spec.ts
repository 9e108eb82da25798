import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { testConfig } from '../testing/test-config.ts';
import { withoutIpv6 } from './without-ipv6.ts';

test('without IPv6 the proxy listens on IPv4 alone', () => {
  const config = testConfig(1, {
    INBOUND_ORIGINAL_DST_TABLE: '',
    OUTBOUND_ORIGINAL_DST_TABLE: '',
    INBOUND_LISTEN_ADDR: '[::]:4143',
    OUTBOUND_LISTEN_ADDRS: '127.0.0.1:4140,[::1]:4140',
    ADMIN_LISTEN_ADDR: '[::]:4191',
    CONTROL_LISTEN_ADDR: '[::]:4190',
    TAP_SVC_NAME: 'tap.tulle',
  });
  const { inbound, outbound, admin, tap } = withoutIpv6(config);
  assert.deepEqual(inbound.listen, {
    kind: 'kernel',
    addresses: [{ host: '0.0.0.0', port: 4143 }],
  });
  assert.deepEqual(outbound.listen, {
    kind: 'kernel',
    addresses: [{ host: '127.0.0.1', port: 4140 }],
  });
  assert.deepEqual(admin.address, { host: '0.0.0.0', port: 4191 });
  assert.deepEqual(tap?.address, { host: '0.0.0.0', port: 4190 });
});
