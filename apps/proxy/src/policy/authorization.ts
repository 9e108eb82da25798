import { fromIpAddress, type inbound } from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../config/ip-networks.ts';
import type { Peer } from '../stack/http-service.ts';
import { defaultName, resourceName, shortLabels } from './meta-labels.ts';
import { PolicyFault } from './policy-fault.ts';

/** Lets some clients in. */
export interface Authorization {
  /** `authz_group`, `authz_kind`, `authz_name`. */
  readonly labels: Labels;
  allows(peer: Peer): boolean;
}

/** The workload may always call itself (linkerd2-proxy adds this to every list). */
export const LOCALHOST: Authorization = {
  labels: shortLabels('authz', defaultName('localhost')),
  allows: (peer) => isLoopback(peer.address),
};

/** The first authorization that lets the client in; null: it stays out. */
export function authorize(
  authorizations: readonly Authorization[],
  peer: Peer,
): Authorization | null {
  for (const each of authorizations) if (each.allows(peer)) return each;
  return null;
}

/**
 * @param trustsLoopback see compileDefaultPolicy.
 * @throws PolicyFault
 */
export function compileAuthorizations(
  messages: readonly inbound.Authz[],
  trustsLoopback: boolean,
): Authorization[] {
  const compiled = messages.map(compileAuthorization);
  return trustsLoopback ? [...compiled, LOCALHOST] : compiled;
}

function compileAuthorization(message: inbound.Authz): Authorization {
  if (message.networks.length === 0) throw new PolicyFault('an authorization names no network');
  const networks = message.networks.map(compileNetwork);
  const isClient = compileAuthentication(message.authentication);
  return {
    labels: labelsOf(message),
    allows: (peer) => isClient(peer) && networks.some((contains) => contains(peer.address)),
  };
}

function labelsOf({ metadata, labels }: inbound.Authz): Labels {
  if (metadata !== undefined) return shortLabels('authz', resourceName(metadata));
  return {
    authz_group: labels['group'] ?? '',
    authz_kind: labels['kind'] ?? 'default',
    authz_name: labels['name'] ?? 'default',
  };
}

function compileNetwork({ net, except }: inbound.Network): (ip: string) => boolean {
  const inside = new BlockList();
  const outside = new BlockList();
  addNetwork(inside, net);
  for (const each of except) addNetwork(outside, each);
  return (ip) => {
    // A listener for both versions sees IPv4 clients in this form.
    const address = ip.startsWith('::ffff:') && isIP(ip.slice(7)) === 4 ? ip.slice(7) : ip;
    const version = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return inside.check(address, version) && !outside.check(address, version);
  };
}

function addNetwork(list: BlockList, network: inbound.Network['net']): void {
  const address = fromIpAddress(network?.ip);
  if (network === undefined || address === null) {
    throw new PolicyFault('a network of an authorization has no address');
  }
  const version = isIP(address);
  if (network.prefixLen > (version === 6 ? 128 : 32)) {
    throw new PolicyFault(`${address}/${network.prefixLen} is no network`);
  }
  list.addSubnet(address, network.prefixLen, version === 6 ? 'ipv6' : 'ipv4');
}

function compileAuthentication(authn: inbound.Authn | undefined): (peer: Peer) => boolean {
  switch (authn?.permit.case) {
    case 'unauthenticated':
      return () => true;
    case 'meshTLS':
      return compileMeshTls(authn.permit.value);
    default:
      throw new PolicyFault('an authorization does not say which clients it is for');
  }
}

function compileMeshTls({ clients }: inbound.Authn_PermitMeshTLS): (peer: Peer) => boolean {
  switch (clients.case) {
    case 'unauthenticated':
      return ({ tls }) => tls.kind === 'mutual';
    case 'identities': {
      const names = new Set(clients.value.identities.map(({ name }) => name));
      const suffixes = clients.value.suffixes.map(({ parts }) =>
        parts.length === 0 ? '' : `.${parts.join('.')}`,
      );
      return ({ tls }) => {
        if (tls.kind !== 'mutual' || tls.clientId === null) return false;
        const { clientId } = tls;
        return names.has(clientId) || suffixes.some((suffix) => clientId.endsWith(suffix));
      };
    }
    default:
      throw new PolicyFault('an authorization by mutual TLS names no clients');
  }
}
