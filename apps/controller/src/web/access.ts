import { ALL_RIGHTS, createRightsOf, type RightsOf } from '../api/rights.ts';
import type { ControllerConfig } from '../config/controller-config.ts';
import type { RequestHeaders, KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { createRemoteTap } from '../tap-api/remote-tap.ts';
import type { TapHub } from '../tap/index.ts';
import { createClusterWhoAsks, ONLY_ONE, type WhoAsks } from './who-asks.ts';

/** Who may see and do what at the public server. */
export interface Access {
  readonly whoAsks: WhoAsks;
  readonly rightsOf: RightsOf;
  /** Taps with somebody's rights; null where this process taps the proxies itself, for whoever asks. */
  readonly tapAs: ((onBehalf: RequestHeaders) => Pick<TapHub, 'open'>) | null;
}

/** On a laptop the one person who is there may do everything. */
export const LOCAL_ACCESS: Access = { whoAsks: ONLY_ONE, rightsOf: ALL_RIGHTS, tapAs: null };

/** In a cluster everything is asked with the person's own rights, so that its RBAC decides. */
export function createClusterAccess(
  api: KubernetesApi,
  settings: ControllerConfig['access'],
  now: () => number,
): Access {
  return {
    whoAsks: createClusterWhoAsks({ api, now, ...settings }),
    rightsOf: createRightsOf(api),
    tapAs: (onBehalf) => createRemoteTap(api.withHeaders(onBehalf)),
  };
}
