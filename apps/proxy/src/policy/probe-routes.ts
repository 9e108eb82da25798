import type { RouteSet } from './route-set.ts';
import type { InboundRule } from './server-policy.ts';
import { defaultName, shortLabels } from './meta-labels.ts';
import { matchedRequest } from './request-match.ts';

/**
 * Routes of a port under the default policy whose probes the kubelet asks: it has no identity, so that a strict policy would
 * keep the pod from ever being ready. Everybody may ask these paths, as with Linkerd's policy controller.
 * @param rule of everything else.
 */
export function probeRoutes(paths: ReadonlySet<string>, rule: InboundRule): RouteSet<InboundRule> {
  const probe: InboundRule = {
    ...rule,
    labels: shortLabels('route', defaultName('probe')),
    authorizations: [{ labels: shortLabels('authz', defaultName('probe')), allows: () => true }],
  };
  return { find: (head) => (paths.has(matchedRequest(head).path) ? probe : rule) };
}
