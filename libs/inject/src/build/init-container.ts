import { INIT_CONTAINER, VALIDATOR_CONTAINER, XTABLES_VOLUME } from '../annotations/names.ts';
import type { PodSettings } from '../annotations/read-settings.ts';
import type { InjectConfig } from '../config/inject-config.ts';
import type { Container, SecurityContext } from '../kubernetes/pod.ts';
import { splitList } from '../values/values.ts';
import { resourcesOf, unprivileged } from './security.ts';

/** The program in the proxy's image that redirects, checks and waits. */
export const INIT_PROGRAM = '/usr/local/bin/tulle-proxy-init';

/**
 * Carries the two capabilities of a container that is not root over to what it starts: a program loses them otherwise, and
 * file capabilities on node would make the proxy's own container impossible.
 */
const WITH_CAPABILITIES = [
  '/usr/local/bin/tulle-setpriv',
  '--inh-caps=+net_admin,+net_raw',
  '--ambient-caps=+net_admin,+net_raw',
];

/** What stands before the proxy: the container that writes the rules, or the one that checks the CNI plugin's. */
export function initContainer(config: InjectConfig, settings: PodSettings): Container {
  return config.cniEnabled ? validator(config, settings) : redirect(config, settings);
}

function redirect(config: InjectConfig, settings: PodSettings): Container {
  const { proxy, proxyInit } = settings;
  const { ports } = proxy;
  const skipInbound = [
    String(ports.control),
    String(ports.admin),
    ...splitList(proxyInit.ignoreInboundPorts),
  ];
  const skipOutbound = splitList(proxyInit.ignoreOutboundPorts);
  const subnets = splitList(proxyInit.skipSubnets);
  return {
    name: INIT_CONTAINER,
    ...imageOf(settings),
    command: [...(isRoot(settings) ? [] : WITH_CAPABILITIES), INIT_PROGRAM, 'redirect'],
    args: [
      `--iptables-mode=${proxyInit.iptablesMode}`,
      `--incoming-proxy-port=${ports.inbound}`,
      `--outgoing-proxy-port=${ports.outbound}`,
      `--proxy-uid=${proxy.uid}`,
      ...(proxy.gid === undefined ? [] : [`--proxy-gid=${proxy.gid}`]),
      `--inbound-ports-to-ignore=${skipInbound.join(',')}`,
      ...(skipOutbound.length === 0
        ? []
        : [`--outbound-ports-to-ignore=${skipOutbound.join(',')}`]),
      ...(subnets.length === 0 ? [] : [`--subnets-to-ignore=${subnets.join(',')}`]),
      ...(config.disableIPv6 ? ['--ipv6=false'] : []),
      ...(proxyInit.closeWaitTimeoutSecs === 0
        ? []
        : [`--timeout-close-wait-secs=${proxyInit.closeWaitTimeoutSecs}`]),
    ],
    ...resourcesOf(proxyInit.resources),
    securityContext: redirecting(settings),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: XTABLES_VOLUME, mountPath: '/run' }],
  };
}

/** Two capabilities and nothing else; a node-wide timeout can only be set by a privileged container. */
function redirecting(settings: PodSettings): SecurityContext {
  const { proxyInit } = settings;
  const isPrivileged = proxyInit.closeWaitTimeoutSecs > 0;
  const user = isRoot(settings)
    ? { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 }
    : {
        runAsNonRoot: true,
        runAsUser: proxyInit.runAsUser,
        runAsGroup: proxyInit.runAsGroup,
      };
  return {
    allowPrivilegeEscalation: isPrivileged,
    ...(isPrivileged
      ? { privileged: true }
      : { capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] }, privileged: false }),
    readOnlyRootFilesystem: true,
    ...user,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

function isRoot({ proxyInit }: PodSettings): boolean {
  return proxyInit.runAsRoot || proxyInit.closeWaitTimeoutSecs > 0;
}

function validator(config: InjectConfig, settings: PodSettings): Container {
  const { networkValidator } = config;
  const { proxy, proxyInit } = settings;
  const any = config.disableIPv6 ? '0.0.0.0' : '[::]';
  return {
    name: VALIDATOR_CONTAINER,
    ...imageOf(settings),
    command: [INIT_PROGRAM, 'validate'],
    args: [
      `--connect-addr=${networkValidator.connectAddr || '1.1.1.1:20001'}`,
      `--listen-addr=${networkValidator.listenAddr || `${any}:${proxy.ports.outbound}`}`,
      `--timeout=${networkValidator.timeout}`,
      `--log-level=${networkValidator.logLevel}`,
    ],
    ...resourcesOf(proxyInit.resources),
    // Never the proxy's own user: its connections are not redirected.
    securityContext: unprivileged(proxyInit.runAsUser, proxyInit.runAsGroup),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function imageOf({ proxy, proxyInit }: PodSettings): Pick<Container, 'image' | 'imagePullPolicy'> {
  const image = proxyInit.image ?? proxy.image;
  return { image: `${image.name}:${image.version}`, imagePullPolicy: image.pullPolicy };
}
