import type { Resources, SecurityContext } from '../kubernetes/pod.ts';
import type { ResourceConfig } from '../config/inject-config.ts';

/** Nothing but its own user: no root, no capability, nothing written to the image. */
export function unprivileged(uid: number, gid: number | undefined): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: uid,
    ...(gid === undefined ? {} : { runAsGroup: gid }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Requests and limits that are set; none where nothing is. */
export function resourcesOf(config: ResourceConfig): { resources?: Resources } {
  const requests = pick(config, 'request');
  const limits = pick(config, 'limit');
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return {};
  return {
    resources: {
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      ...(Object.keys(requests).length === 0 ? {} : { requests }),
    },
  };
}

function pick(config: ResourceConfig, bound: 'request' | 'limit'): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [resource, quantities] of Object.entries(config)) {
    if (quantities[bound] !== '') set[resource] = quantities[bound];
  }
  return set;
}
