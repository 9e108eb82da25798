import type { inbound, outbound } from '@tulle/proxy-api';
import type { Subscribe } from '../destination/change-signal.ts';

/** The proxy's pod, as `LINKERD2_PROXY_POLICY_WORKLOAD` names it. */
export interface PolicyWorkload {
  readonly namespace: string;
  readonly pod: string;
}

/** Where a proxy's workload sends to. */
export interface OutboundTarget {
  /** An address or a service's name. */
  readonly host: string;
  readonly port: number;
  /** Namespace of who asks; empty where it is not known. */
  readonly clientNamespace: string;
}

/** Policies in force, from memory and as of now. */
export interface PolicySource {
  /** False until everything was listed: a default would open what a policy closes. */
  isReady(): boolean;
  onReady: Subscribe;
  /** Null for a pod that is not known (yet). */
  inbound(workload: PolicyWorkload, port: number): inbound.Server | null;
  onInbound(workload: PolicyWorkload): Subscribe;
  /** Null for what is no service of this cluster: a proxy then goes by its profile, or to the address itself. */
  outbound(target: OutboundTarget): outbound.OutboundPolicy | null;
  onOutbound(target: OutboundTarget): Subscribe;
}
