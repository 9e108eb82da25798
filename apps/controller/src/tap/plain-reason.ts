/** Why a connection is not mutual TLS, in words, from the reason a proxy gives (`no_tls_reason`, or tap's `tls`). */
export function plainReason(reason: string): string {
  switch (reason) {
    case 'no_tls_from_remote':
      return 'the caller is outside the mesh';
    case 'not_provided_by_service_discovery':
      return 'the called side is outside the mesh';
    case 'loopback':
      return 'the call stays on this host';
    case 'port_skipped':
      return 'the port is opaque and not secured by the proxies';
    case 'ingress_without_override':
      return 'the ingress did not say whom it calls';
    case 'true':
      return 'the caller showed no identity';
    case '':
      return 'the proxy gave no reason';
    default:
      return reason.replaceAll('_', ' ');
  }
}
