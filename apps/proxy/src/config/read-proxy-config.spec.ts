import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { readProxyConfig } from './read-proxy-config.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const LEAST: Readonly<Record<string, string>> = {
  LINKERD2_PROXY_DESTINATION_SVC_ADDR: '127.0.0.1:8086',
  LINKERD2_PROXY_POLICY_SVC_ADDR: 'localhost:8090',
  LINKERD2_PROXY_POLICY_WORKLOAD: '{"ns":"emojivoto"}',
  LINKERD2_PROXY_IDENTITY_SVC_ADDR: '127.0.0.1:8080',
  LINKERD2_PROXY_IDENTITY_DIR: '/var/run/linkerd/identity/end-entity',
  LINKERD2_PROXY_IDENTITY_TOKEN_FILE: '/var/run/secrets/tokens/linkerd-identity-token',
  LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: PEM,
  LINKERD2_PROXY_IDENTITY_LOCAL_NAME: 'web.emojivoto.serviceaccount.identity.tulle.cluster.local',
};

function faults(env: Readonly<Record<string, string>>): string[] {
  try {
    readProxyConfig(env);
  } catch (error) {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    return error.issues.map((issue) => issue.path.replace('LINKERD2_PROXY_', ''));
  }
  return [];
}

test("the least environment gives linkerd2-proxy's defaults", () => {
  const config = readProxyConfig(LEAST);
  assert.deepEqual(config.inbound.listen, {
    kind: 'kernel',
    addresses: [{ host: '0.0.0.0', port: 4143 }],
  });
  assert.deepEqual(config.outbound.listen, {
    kind: 'kernel',
    addresses: [{ host: '127.0.0.1', port: 4140 }],
  });
  assert.equal(config.tap, null);
  assert.equal(config.inbound.connectTimeoutMs, 300);
  assert.equal(config.outbound.queue.failfastTimeoutMs, 3000);
  assert.equal(config.inbound.defaultPolicy, 'all-unauthenticated');
  assert.equal(config.destination.profileNetworks.contains('10.96.0.1'), false);
  assert.deepEqual(config.destination.profileSuffixes, ['svc.cluster.local']);
});

test('what is set is parsed', () => {
  const config = readProxyConfig({
    ...LEAST,
    LINKERD2_PROXY_INBOUND_ORIGINAL_DST_TABLE: '127.0.0.1:41001=127.0.0.1:9000',
    LINKERD2_PROXY_OUTBOUND_ORIGINAL_DST_TABLE:
      '127.0.0.1:0=10.96.0.2:8080, 127.0.0.1:41002=10.96.0.3:80',
    LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION: '25,3306-3308',
    LINKERD2_PROXY_DESTINATION_PROFILE_NETWORKS: '10.96.0.0/12,fd00::/8',
    LINKERD2_PROXY_TAP_SVC_NAME: 'tap.tulle.serviceaccount.identity.tulle.cluster.local',
    LINKERD2_PROXY_METRICS_RETAIN_IDLE: '1d',
    LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD: '0',
    LINKERD2_PROXY_SOMETHING_NEW: 'accepted',
  });
  assert.deepEqual(config.outbound.listen, {
    kind: 'table',
    pairs: [
      { listen: { host: '127.0.0.1', port: 0 }, original: { host: '10.96.0.2', port: 8080 } },
      { listen: { host: '127.0.0.1', port: 41002 }, original: { host: '10.96.0.3', port: 80 } },
    ],
  });
  assert.deepEqual([...config.inbound.opaquePorts], [25, 3306, 3307, 3308]);
  assert.ok(config.destination.profileNetworks.contains('10.97.1.2'));
  assert.ok(config.destination.profileNetworks.contains('fd00::1'));
  assert.ok(!config.destination.profileNetworks.contains('10.112.0.1'));
  assert.deepEqual(config.tap?.address, { host: '0.0.0.0', port: 4190 });
  assert.equal(config.metricsRetainIdleMs, 86_400_000);
  assert.equal(config.shutdownGraceMs, 0);
});

test('every variable that must be set and is not is named at once', () => {
  assert.deepEqual(faults({}).sort(), [
    'DESTINATION_SVC_ADDR',
    'IDENTITY_DIR',
    'IDENTITY_LOCAL_NAME',
    'IDENTITY_SVC_ADDR',
    'IDENTITY_TOKEN_FILE',
    'IDENTITY_TRUST_ANCHORS',
    'POLICY_SVC_ADDR',
    'POLICY_WORKLOAD',
  ]);
});

test('a control address that is not on loopback needs the name it must prove', () => {
  const env = { ...LEAST, LINKERD2_PROXY_DESTINATION_SVC_ADDR: 'dst.linkerd:8086' };
  assert.deepEqual(faults(env), ['DESTINATION_SVC_NAME']);
});

for (const [name, value] of [
  ['INBOUND_DETECT_TIMEOUT', '10'],
  ['OUTBOUND_CONNECT_TIMEOUT', 'soon'],
  ['OUTBOUND_LISTEN_ADDR', '4140'],
  ['INBOUND_ORIGINAL_DST_TABLE', '127.0.0.1:1'],
  ['OUTBOUND_ORIGINAL_DST_TABLE', '127.0.0.1:1=10.0.0.1:0'],
  ['INBOUND_DEFAULT_POLICY', 'open'],
  ['INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION', '80-25'],
  ['DESTINATION_PROFILE_NETWORKS', '10.0.0.0/33'],
  ['INBOUND_HTTP_QUEUE_CAPACITY', '0'],
  ['OUTBOUND_CONNECT_EXP_BACKOFF_JITTER', '2'],
  ['IDENTITY_DISABLED', '1'],
  ['IDENTITY_TRUST_ANCHORS', 'not pem'],
  ['IDENTITY_LOCAL_NAME', 'Not A Name'],
  ['SHUTDOWN_ENDPOINT_ENABLED', 'maybe'],
  ['LOG_FORMAT', 'xml'],
  ['LOG', 'loud'],
] as const) {
  test(`${name}=${value} is refused by name`, () => {
    assert.deepEqual(faults({ ...LEAST, [`LINKERD2_PROXY_${name}`]: value }), [name]);
  });
}

test('a cluster policy needs the cluster networks', () => {
  const env = { ...LEAST, LINKERD2_PROXY_INBOUND_DEFAULT_POLICY: 'cluster-authenticated' };
  assert.deepEqual(faults(env), ['POLICY_CLUSTER_NETWORKS']);
});

test('variables of Linkerd that have no effect are checked and listed', () => {
  const config = readProxyConfig({
    ...LEAST,
    LINKERD2_PROXY_CORES: '1',
    LINKERD2_PROXY_INBOUND_ACCEPT_USER_TIMEOUT: '30s',
    LINKERD2_PROXY_OUTBOUND_SERVER_HTTP2_KEEP_ALIVE_TIMEOUT: '3s',
    LINKERD2_PROXY_INBOUND_PORTS_REQUIRE_TLS: '80',
  });
  assert.deepEqual(config.unused.toSorted(), [
    'CORES',
    'INBOUND_ACCEPT_USER_TIMEOUT',
    'OUTBOUND_SERVER_HTTP2_KEEP_ALIVE_TIMEOUT',
  ]);
  assert.deepEqual(
    faults({
      ...LEAST,
      LINKERD2_PROXY_CORES: 'many',
      LINKERD2_PROXY_DNS_MIN_TTL: 'long',
      LINKERD2_PROXY_INBOUND_IPS: '10.0.0.1,here',
      LINKERD2_PROXY_IDENTITY_SPIRE_SOCKET: 'unix:///spire',
      LINKERD2_PROXY_INGRESS_MODE: 'perhaps',
      LINKERD2_PROXY_TRACE_COLLECTOR_SVC_ADDR: 'nowhere',
    }).toSorted(),
    [
      'CORES',
      'DNS_MIN_TTL',
      'IDENTITY_SPIRE_SOCKET',
      'INBOUND_IPS',
      'INGRESS_MODE',
      'TRACE_COLLECTOR_SVC_ADDR',
    ],
  );
});

test('an ingress does not tell clients what its proxy says, unless it is asked to', () => {
  const outbound = (more: Readonly<Record<string, string>>) =>
    readProxyConfig({ ...LEAST, ...more }).outbound;
  const silences = 'LINKERD2_PROXY_OUTBOUND_DISABLE_INFORMATIONAL_HEADERS';
  const ingress = { LINKERD2_PROXY_INGRESS_MODE: 'true' };
  assert.equal(outbound({}).tellsClients, true);
  assert.equal(outbound({ [silences]: 'true' }).tellsClients, false);
  assert.equal(outbound(ingress).isIngress, true);
  assert.equal(outbound(ingress).tellsClients, false);
  assert.equal(outbound({ ...ingress, [silences]: 'false' }).tellsClients, true);
});
