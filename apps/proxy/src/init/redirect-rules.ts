/** The rules that send a pod's connections to its proxy; Linkerd's (proxy-init pkg/iptables), as one transaction. */
import type { RedirectCommand } from './init-command.ts';
import { multiportLists } from './port-ranges.ts';

export type Family = 'ipv4' | 'ipv6';

export const INBOUND_CHAIN = 'PROXY_INIT_REDIRECT';
export const OUTBOUND_CHAIN = 'PROXY_INIT_OUTPUT';

type RuleOptions = Pick<
  RedirectCommand,
  | 'inboundPort'
  | 'outboundPort'
  | 'proxyUid'
  | 'proxyGid'
  | 'redirectPorts'
  | 'skipInbound'
  | 'skipOutbound'
  | 'skipSubnets'
>;

/** Each rule of a chain as iptables' arguments, in their order. */
export function inboundRules(options: RuleOptions, family: Family): string[] {
  const { inboundPort, redirectPorts, skipInbound, skipSubnets } = options;
  const isOfFamily = (subnet: string): boolean => subnet.includes(':') === (family === 'ipv6');
  const toProxy = `-j REDIRECT --to-port ${inboundPort}`;
  return [
    ...multiportLists(skipInbound).map(
      (ports) => `-p tcp -m multiport --dports ${ports} -j RETURN ${comment('ignore-port', ports)}`,
    ),
    ...skipSubnets
      .filter(isOfFamily)
      .map((subnet) => `-p all -s ${subnet} -j RETURN ${comment('ignore-subnet', subnet)}`),
    ...(redirectPorts.length === 0
      ? [`-p tcp ${toProxy} ${comment('redirect-all-incoming-to-proxy-port')}`]
      : multiportLists(redirectPorts).map(
          (ports) =>
            `-p tcp -m multiport --dports ${ports} ${toProxy} ${comment('redirect-port', ports)}`,
        )),
  ];
}

/** See {@link inboundRules}. */
export function outboundRules(options: RuleOptions): string[] {
  const { outboundPort, proxyUid, proxyGid, skipOutbound } = options;
  return [
    `-m owner --uid-owner ${proxyUid} -j RETURN ${comment('ignore-proxy-user-id')}`,
    ...(proxyGid === null
      ? []
      : [`-m owner --gid-owner ${proxyGid} -j RETURN ${comment('ignore-proxy-group-id')}`]),
    `-o lo -j RETURN ${comment('ignore-loopback')}`,
    ...multiportLists(skipOutbound).map(
      (ports) => `-p tcp -m multiport --dports ${ports} -j RETURN ${comment('ignore-port', ports)}`,
    ),
    `-p tcp -j REDIRECT --to-port ${outboundPort} ${comment('redirect-all-outgoing-to-proxy-port')}`,
  ];
}

/**
 * The input of `iptables-restore --noflush`: both chains made or emptied, filled, and jumped to once, all or nothing.
 * @param saved what `iptables-save -t nat` prints now.
 */
export function restoreInput(options: RuleOptions, family: Family, saved: string): string {
  const jumps = [
    [`-A PREROUTING -j ${INBOUND_CHAIN}`, comment('install-proxy-init-prerouting')],
    [`-A OUTPUT -j ${OUTBOUND_CHAIN}`, comment('install-proxy-init-output')],
  ] as const;
  const missing = jumps.filter(([rule]) => !hasJump(saved, rule));
  return [
    '*nat',
    // With --noflush, naming a chain makes it, or empties it where it is there.
    `:${INBOUND_CHAIN} - [0:0]`,
    `:${OUTBOUND_CHAIN} - [0:0]`,
    ...inboundRules(options, family).map((rule) => `-A ${INBOUND_CHAIN} ${rule}`),
    ...outboundRules(options).map((rule) => `-A ${OUTBOUND_CHAIN} ${rule}`),
    ...missing.map(([rule, note]) => `${rule} ${note}`),
    'COMMIT',
    '',
  ].join('\n');
}

function hasJump(saved: string, rule: string): boolean {
  const [, chain = '', , target = ''] = rule.split(' ');
  return saved
    .split('\n')
    .some((line) => line.startsWith(`-A ${chain} `) && line.trimEnd().endsWith(`-j ${target}`));
}

function comment(what: string, value?: string): string {
  const text = value === undefined ? what : `${what}-${value}`;
  return `-m comment --comment "proxy-init/${text}"`;
}
