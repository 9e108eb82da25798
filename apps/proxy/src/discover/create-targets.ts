import { formatHostPort } from '@tulle/proxy-api';
import type { Logger } from '@tulle/telemetry';
import { isIP } from 'node:net';
import type { ProxyConfig } from '../config/proxy-config.ts';
import type { Identity } from '../identity/identity.ts';
import { AccessLog } from '../observe/access-log.ts';
import { LineBatch } from '../observe/line-batch.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import type { TapRegistry } from '../observe/tap/tap-registry.ts';
import { ServerPolicies } from '../policy/server-policies.ts';
import { InFlight } from '../route/in-flight.ts';
import type { Address, Targets } from '../stack/connection.ts';
import { createDestinationClient } from './destination-client.ts';
import { InboundTarget, type InboundContext } from './inbound-target.ts';
import { IngressTarget } from './ingress-target.ts';
import { logicalNames, nameWithin } from './logical-name.ts';
import { OutboundTarget, type OutboundContext } from './outbound-target.ts';
import { createPolicyClient } from './policy-client.ts';
import { ProfileCache } from './profile-cache.ts';
import { TargetCache } from './target-cache.ts';

export interface TargetsOptions {
  readonly config: ProxyConfig;
  readonly identity: Identity;
  readonly metrics: ProxyMetrics;
  readonly taps: TapRegistry;
  readonly log: Logger;
  /** Milliseconds, monotonic; performance.now where absent. */
  readonly now?: () => number;
  /** 0 up to 1; Math.random where absent. */
  readonly random?: () => number;
  /** Called when a port's policy has come into force. */
  readonly onPolicyChange?: () => void;
  /** Takes the access log's lines; standard error, where linkerd2-proxy writes them, where absent. */
  readonly writeAccess?: (line: string) => void;
}

export interface OwnedTargets extends Targets {
  /** Ends discovery. Connections under way go on with what is known. */
  close(): void;
}

/** Everything that is known about where connections lead. Once per process. */
export function createTargets(options: TargetsOptions): OwnedTargets {
  const { config, metrics, taps, log, identity } = options;
  const random = options.random ?? Math.random;
  const now = options.now ?? (() => performance.now());
  const client = createDestinationClient({
    config: config.destination,
    metrics,
    log,
    secureContext: () => identity.certificate.secureContext,
  });
  const policies = createPolicyClient({
    config: config.policy,
    metrics,
    log,
    secureContext: () => identity.certificate.secureContext,
  });
  const profiles = new ProfileCache({
    client,
    metrics,
    log,
    now,
    initialTimeoutMs: config.destination.profileInitialTimeoutMs,
    idleTimeoutMs: config.inbound.discoveryIdleTimeoutMs,
  });
  const inbound: InboundContext = {
    config: config.inbound,
    metrics,
    taps,
    profiles,
    now,
    nameOf: logicalNames(config.destination.profileSuffixes),
    inFlight: new InFlight(config.inbound.maxInFlight),
    policies: new ServerPolicies(config.inbound, policies, log, options.onPolicyChange),
    accessLog: createAccessLog(options),
    random,
  };
  const outbound: OutboundContext = {
    config: config.outbound,
    ownIps: config.inbound.ips,
    client,
    metrics,
    taps,
    log,
    now,
    random,
    inFlight: new InFlight(config.outbound.maxInFlight),
    policies,
    policyTimeoutMs: config.policy.initialTimeoutMs,
  };
  const inboundCache = new TargetCache<InboundTarget>(config.inbound.discoveryIdleTimeoutMs);
  const outboundCache = new TargetCache<OutboundTarget>(config.outbound.discoveryIdleTimeoutMs);
  const { profileNetworks, profileSuffixes } = config.destination;
  const dialled = (original: Address): OutboundTarget =>
    outboundCache.use(formatHostPort(original.host, original.port), (release) => {
      const isDiscovered = isIP(original.host) !== 0 && profileNetworks.contains(original.host);
      return new OutboundTarget(original, isDiscovered, outbound, release);
    });
  /** As dialled by an ingress controller that names no service. */
  const plain = (original: Address): OutboundTarget =>
    outboundCache.use(`plain ${formatHostPort(original.host, original.port)}`, (release) => {
      const reason = 'ingress_without_override';
      return new OutboundTarget(original, false, outbound, release, reason);
    });
  const service = (authority: string): OutboundTarget | null => {
    const name = nameWithin(authority, profileSuffixes);
    if (name === null) return null;
    return outboundCache.use(
      name.authority,
      (release) => new OutboundTarget(name, true, outbound, release),
    );
  };
  return {
    inbound: (original) =>
      inboundCache.use(
        formatHostPort(original.host, original.port),
        (release) => new InboundTarget(original, inbound, release),
      ),
    outbound: (original) =>
      config.outbound.isIngress
        ? new IngressTarget({ dialled: dialled(original), plain: plain(original), service })
        : dialled(original),
    close: () => {
      client.close();
      policies.close();
      profiles.close();
      inboundCache.closeAll();
      outboundCache.closeAll();
    },
  };
}

function createAccessLog({ config, writeAccess }: TargetsOptions): AccessLog | null {
  const format = config.inbound.accessLog;
  if (format === null) return null;
  const batch = new LineBatch((text) => void process.stderr.write(text));
  return new AccessLog({
    format,
    write: writeAccess ?? ((line) => batch.add(line)),
    wallClock: () => Date.now(),
  });
}
