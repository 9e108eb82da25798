import type { Collection } from '../../kubernetes/watch-collections.ts';
import type { PolicyMesh } from './authorizations.ts';
import {
  keepAuthorizationPolicy,
  keepMeshTlsAuthentication,
  keepNetworkAuthentication,
  keepPolicyNamespace,
  keepPolicyPod,
  keepPolicyService,
  keepRateLimit,
  keepRoute,
  keepServer,
  keepServerAuthorization,
} from './keep-policies.ts';
import type { KeptPolicies, PolicyKind } from './kept-policies.ts';

const LINKERD = 'policy.linkerd.io';
const GATEWAY = 'gateway.networking.k8s.io';

/** Where each kind is listed and what is kept of it. The Gateway API's kinds are used where they are installed. */
export function policyCollections({ identityOf }: Pick<PolicyMesh, 'identityOf'>): {
  readonly [K in PolicyKind]: Collection<KeptPolicies[K]>;
} {
  const custom = <T>(version: string, plural: string, keep: (object: never) => T) => ({
    path: `/apis/${version}/${plural}`,
    keep,
    mayBeMissing: true,
  });
  const core = <T>(plural: string, keep: (object: never) => T) => ({
    path: `/api/v1/${plural}`,
    keep,
    mayBeMissing: false,
  });
  return {
    pods: core('pods', keepPolicyPod),
    namespaces: core('namespaces', keepPolicyNamespace),
    services: core('services', keepPolicyService),
    servers: custom(`${LINKERD}/v1beta3`, 'servers', keepServer),
    serverauthorizations: custom(`${LINKERD}/v1beta1`, 'serverauthorizations', (object) =>
      keepServerAuthorization(object, identityOf),
    ),
    authorizationpolicies: custom(
      `${LINKERD}/v1alpha1`,
      'authorizationpolicies',
      keepAuthorizationPolicy,
    ),
    meshtlsauthentications: custom(
      `${LINKERD}/v1alpha1`,
      'meshtlsauthentications',
      keepMeshTlsAuthentication,
    ),
    networkauthentications: custom(
      `${LINKERD}/v1alpha1`,
      'networkauthentications',
      keepNetworkAuthentication,
    ),
    httplocalratelimitpolicies: custom(
      `${LINKERD}/v1alpha1`,
      'httplocalratelimitpolicies',
      keepRateLimit,
    ),
    policyhttproutes: custom(`${LINKERD}/v1beta3`, 'httproutes', (object) =>
      keepRoute(object, LINKERD, 'HTTPRoute'),
    ),
    httproutes: custom(`${GATEWAY}/v1`, 'httproutes', (object) =>
      keepRoute(object, GATEWAY, 'HTTPRoute'),
    ),
    grpcroutes: custom(`${GATEWAY}/v1`, 'grpcroutes', (object) =>
      keepRoute(object, GATEWAY, 'GRPCRoute'),
    ),
  };
}
