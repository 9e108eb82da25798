import { isIP } from 'node:net';
import type { Subscribe } from '../../destination/change-signal.ts';
import { parseDestinationPath } from '../../destination/service-name.ts';
import { formatHostPort } from '@tulle/proxy-api';
import type { OutboundTarget, PolicySource } from '../policy-source.ts';
import type { PolicyMesh } from './authorizations.ts';
import { inboundServer } from './inbound-server.ts';
import type { KeptPolicyService } from './kept-policies.ts';
import { outboundPolicy } from './outbound-policy.ts';
import type { PolicyObjects } from './policy-objects.ts';

export interface KubernetesPolicyOptions {
  readonly objects: PolicyObjects;
  readonly mesh: PolicyMesh;
  readonly isReady: () => boolean;
  readonly onReady: Subscribe;
}

/** Policies of the cluster's objects. */
export function createKubernetesPolicySource(options: KubernetesPolicyOptions): PolicySource {
  const { objects, mesh, isReady, onReady } = options;
  const { topics } = objects;

  function serviceOf({ host, port }: OutboundTarget): KeptPolicyService | null {
    if (isIP(host) !== 0) return objects.serviceByIp(host);
    const key = serviceKeyOf(host, port);
    return key === null ? null : (objects.all.services.get(key) ?? null);
  }

  /** `namespace/name` of a name in the cluster's domain; null for another name. */
  function serviceKeyOf(host: string, port: number): string | null {
    try {
      const path = parseDestinationPath(formatHostPort(host, port), mesh.clusterDomain);
      return path.kind === 'service' ? `${path.namespace}/${path.name}` : null;
    } catch {
      return null;
    }
  }

  return {
    isReady,
    onReady,
    inbound({ namespace, pod }, port) {
      const found = objects.all.pods.get(`${namespace}/${pod}`);
      return found === undefined ? null : inboundServer(objects, mesh, found, port);
    },
    onInbound({ namespace, pod }) {
      return both(`pod ${namespace}/${pod}`);
    },
    outbound(target) {
      const service = serviceOf(target);
      if (service === null) return null;
      const { port, clientNamespace } = target;
      return outboundPolicy(objects, mesh, { service, port, clientNamespace });
    },
    onOutbound({ host, port }) {
      if (isIP(host) !== 0) return both(`ip ${host}`);
      return both(`service ${serviceKeyOf(host, port) ?? ''}`);
    },
  };

  function both(topic: string): Subscribe {
    return (listener) => {
      const stops = [topics.listen(topic, listener), topics.listen('policies', listener)];
      return () => {
        for (const stop of stops) stop();
      };
    };
  }
}
