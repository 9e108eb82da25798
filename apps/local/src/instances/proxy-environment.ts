import type { ServiceRef } from '@tulle/model';
import { formatIdentityName } from '@tulle/pki';
import { splitAddress } from '../net/loopback.ts';
import type { InstancePlan, PlannedProxy } from './instance-plan.ts';

/** What every proxy of this mesh is told alike. */
export interface MeshSettings {
  /** `ip:port` of the controller's gRPC services. */
  readonly destinationAddress: string;
  readonly identityAddress: string;
  readonly policyAddress: string;
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly controlPlaneNamespace: string;
  /** CIDR of the virtual addresses of services. */
  readonly serviceNetwork: string;
  /** PEM. */
  readonly trustAnchors: string;
}

/** The files of one instance's identity. */
export interface IdentityFiles {
  /** Holds key.p8 and csr.der. */
  readonly folder: string;
  readonly tokenFile: string;
}

/** Mesh identity of a service account. Source: Linkerd's identity names, in our namespace. */
export function identityName(
  serviceAccount: string,
  namespace: string,
  settings: Pick<MeshSettings, 'controlPlaneNamespace' | 'trustDomain'>,
): string {
  const { controlPlaneNamespace, trustDomain } = settings;
  return formatIdentityName({ serviceAccount, namespace, controlPlaneNamespace, trustDomain });
}

/**
 * The environment of a proxy: Linkerd's variables as its injector sets them (linkerd2
 * charts/partials/templates/_proxy.tpl), and the two tables that stand for iptables on a laptop.
 * @param clusterIpOf virtual address of a service
 */
export function proxyEnvironment(
  plan: InstancePlan,
  proxy: PlannedProxy,
  identity: IdentityFiles,
  settings: MeshSettings,
  clusterIpOf: (service: ServiceRef) => string,
): Record<string, string> {
  const { ref, workload } = plan;
  const variables: Record<string, string> = {
    LOG: 'warn,linkerd=info',
    LOG_FORMAT: 'plain',
    DESTINATION_SVC_ADDR: settings.destinationAddress,
    DESTINATION_PROFILE_NETWORKS: settings.serviceNetwork,
    DESTINATION_PROFILE_SUFFIXES: `svc.${settings.clusterDomain}.`,
    DESTINATION_CONTEXT: JSON.stringify({ ns: ref.namespace, nodeName: 'laptop', pod: ref.name }),
    POLICY_SVC_ADDR: settings.policyAddress,
    POLICY_WORKLOAD: JSON.stringify({ ns: ref.namespace, pod: ref.name }),
    POLICY_CLUSTER_NETWORKS: settings.serviceNetwork,
    IDENTITY_SVC_ADDR: settings.identityAddress,
    IDENTITY_DIR: identity.folder,
    IDENTITY_TOKEN_FILE: identity.tokenFile,
    IDENTITY_TRUST_ANCHORS: settings.trustAnchors,
    IDENTITY_LOCAL_NAME: identityName(workload.serviceAccount, ref.namespace, settings),
    TAP_SVC_NAME: identityName('tap', settings.controlPlaneNamespace, settings),
    INBOUND_LISTEN_ADDR: proxy.inboundAddress,
    OUTBOUND_LISTEN_ADDR: proxy.outboundAddress,
    CONTROL_LISTEN_ADDR: proxy.tapAddress,
    ADMIN_LISTEN_ADDR: proxy.adminAddress,
    INBOUND_DEFAULT_POLICY: 'all-unauthenticated',
    INBOUND_PORTS: portList(plan, () => true),
    INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION: portList(plan, (port) => port.spec.opaque),
    INBOUND_CONNECT_TIMEOUT: '100ms',
    OUTBOUND_CONNECT_TIMEOUT: '1000ms',
    INBOUND_ACCEPT_KEEPALIVE: '10000ms',
    OUTBOUND_CONNECT_KEEPALIVE: '10000ms',
    // A person who stops the mesh waits for this; in a cluster it is 2 min.
    SHUTDOWN_GRACE_PERIOD: '2s',
    INBOUND_ORIGINAL_DST_TABLE: table(
      plan.ports.map(({ address, appAddress }) => `${address}=${appAddress}`),
      proxy.inboundAddress,
    ),
    OUTBOUND_ORIGINAL_DST_TABLE: table(
      plan.upstreams.map(
        ({ address, upstream }) => `${address}=${clusterIpOf(upstream.service)}:${upstream.port}`,
      ),
      proxy.outboundAddress,
    ),
  };
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`LINKERD2_PROXY_${name}`, value]),
  );
}

/**
 * A table with nothing in it would be an unset one, and the proxy would ask the kernel for original destinations; so it
 * then has one entry that leads nowhere (RFC 863's discard port).
 */
function table(pairs: readonly string[], unusedAddress: string): string {
  return pairs.length > 0 ? pairs.join(',') : `${unusedAddress}=127.0.0.1:9`;
}

function portList(
  plan: InstancePlan,
  isWanted: (port: InstancePlan['ports'][number]) => boolean,
): string {
  return plan.ports
    .filter(isWanted)
    .map((port) => splitAddress(port.appAddress).port)
    .join(',');
}
