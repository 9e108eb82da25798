import type { ConnectRouter } from '@connectrpc/connect';
import { inbound, outbound } from '@tulle/proxy-api';

/**
 * Linkerd's policy API, without answers yet: every call gets UNIMPLEMENTED, on which a proxy keeps its default policy
 * (inbound) and forwards by its ServiceProfile (outbound). Linkerd's proxy does not start without this address.
 */
export function policyRoutes(router: ConnectRouter): void {
  router.service(inbound.InboundServerPolicies, {});
  router.service(outbound.OutboundPolicies, {});
}
