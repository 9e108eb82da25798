import type { ChannelSecurity, Header, InstanceState, TapExchange, TapPeer } from '@tulle/model';
import { formatHostPort, fromTcpAddress, TapEvent_ProxyDirection } from '@tulle/proxy-api';
import type { TcpAddress } from '@tulle/proxy-api';
import type { PeerNames } from './peer-names.ts';
import { plainReason } from './plain-reason.ts';

type Labels = Readonly<Record<string, string>>;

/** What a proxy says of the two ends of an exchange. */
export interface ReportedEnds {
  readonly proxyDirection: TapEvent_ProxyDirection;
  readonly source?: TcpAddress | undefined;
  readonly sourceLabels: Labels;
  readonly destination?: TcpAddress | undefined;
  readonly destinationLabels: Labels;
}

type Ends = Pick<TapExchange, 'direction' | 'reporter' | 'source' | 'destination' | 'security'>;

/** Names both ends, as far as that needs no question: a plain client stays an address (see {@link needsName}). */
export function describeEnds(
  reported: ReportedEnds,
  instance: InstanceState,
  names: PeerNames,
): Ends {
  const { sourceLabels, destinationLabels } = reported;
  const source = addressOf(reported.source);
  const destination = addressOf(reported.destination);
  const self = { workload: instance.workload, pod: instance.ref };
  if (reported.proxyDirection === TapEvent_ProxyDirection.OUTBOUND) {
    return {
      direction: 'outbound',
      reporter: instance.ref,
      source: { address: source, ...self },
      destination: names.byLabels(destination, destinationLabels),
      security: securityOf(destinationLabels, 'server_id'),
    };
  }
  const security = securityOf(sourceLabels, 'client_id');
  const client: TapPeer =
    security.kind === 'mutual-tls'
      ? names.byIdentity(source, security.identity)
      : { address: source, workload: null, pod: null };
  return {
    direction: 'inbound',
    reporter: instance.ref,
    source: client,
    destination: { address: destination, ...self },
    security,
  };
}

/** The client is known by its address only; the platform may know more. */
export function needsName({ direction, security }: Ends): boolean {
  return direction === 'inbound' && security.kind === 'plain';
}

/** Fields as people know them. */
export function withoutPseudo(headers: readonly Header[]): readonly Header[] {
  return headers.filter(([name]) => !name.startsWith(':'));
}

/** Microseconds are enough for people. */
export function ms(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function securityOf(labels: Labels, identityLabel: 'client_id' | 'server_id'): ChannelSecurity {
  const identity = labels[identityLabel];
  if (labels['tls'] === 'true' && identity !== undefined) return { kind: 'mutual-tls', identity };
  return { kind: 'plain', reason: plainReason(labels['tls'] ?? '') };
}

function addressOf(address: TcpAddress | undefined): string {
  const found = fromTcpAddress(address);
  return found === null ? '' : formatHostPort(found.host, found.port);
}
