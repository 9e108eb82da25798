import { readProxyConfig } from '../config/read-proxy-config.ts';
import type { ProxyConfig } from '../config/proxy-config.ts';

export const TEST_IDENTITY = 'web.test.serviceaccount.identity.tulle.cluster.local';

/** A configuration as from the environment, with the control plane on one loopback port. */
export function testConfig(
  controlPort: number,
  variables: Readonly<Record<string, string>> = {},
): ProxyConfig {
  const control = `127.0.0.1:${controlPort}`;
  return readProxyConfig({
    LINKERD2_PROXY_DESTINATION_SVC_ADDR: control,
    LINKERD2_PROXY_IDENTITY_SVC_ADDR: control,
    LINKERD2_PROXY_POLICY_SVC_ADDR: control,
    LINKERD2_PROXY_POLICY_WORKLOAD: 'test',
    LINKERD2_PROXY_IDENTITY_DIR: '/nowhere',
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: '/nowhere/token',
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: '-----BEGIN CERTIFICATE-----',
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: TEST_IDENTITY,
    LINKERD2_PROXY_DESTINATION_PROFILE_NETWORKS: '10.96.0.0/12',
    LINKERD2_PROXY_INBOUND_ORIGINAL_DST_TABLE: '127.0.0.1:0=127.0.0.1:9000',
    LINKERD2_PROXY_OUTBOUND_ORIGINAL_DST_TABLE: '127.0.0.1:0=10.96.0.2:80',
    ...Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`LINKERD2_PROXY_${name}`, value]),
    ),
  });
}
