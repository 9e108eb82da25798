import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { inbound } from '@tulle/proxy-api';
import type {
  ClientMatch,
  KeptServer,
  NetworkMatch,
  ObjectName,
  TargetRef,
} from './kept-policies.ts';
import { matchesSelector } from './match-selector.ts';
import { ALL_NETWORKS, toNetworks } from './networks.ts';
import type { PolicyObjects } from './policy-objects.ts';

export const POLICY_GROUP = 'policy.linkerd.io';

/** What policies need to know of the mesh. */
export interface PolicyMesh {
  /** Of pods and namespaces that say nothing: a word of {@link defaultAuthorizations}. */
  readonly defaultInboundPolicy: string;
  readonly clusterNetworks: readonly string[];
  readonly clusterDomain: string;
  /** The mesh identity of a service account. */
  readonly identityOf: (account: ObjectName) => string;
}

type Permit = NonNullable<MessageInitShape<typeof inbound.AuthnSchema>['permit']>;

const ANYBODY: Permit = { case: 'unauthenticated', value: {} };

/**
 * What a default policy lets in: `all-unauthenticated`, `all-authenticated`, `cluster-unauthenticated`,
 * `cluster-authenticated`, `audit`; nothing for `deny` and for a word nobody knows.
 */
export function defaultAuthorizations(word: string, mesh: PolicyMesh): inbound.Authz[] {
  const everybody = ALL_NETWORKS;
  const cluster = mesh.clusterNetworks.map((cidr) => ({ cidr, except: [] }));
  const meshed: Permit = permitOf({ kind: 'identities', names: ['*'] });
  switch (word) {
    case 'all-unauthenticated':
    case 'audit':
      return [defaultAuthz(word, everybody, ANYBODY)];
    case 'all-authenticated':
      return [defaultAuthz(word, everybody, meshed)];
    case 'cluster-unauthenticated':
      return [defaultAuthz(word, cluster, ANYBODY)];
    case 'cluster-authenticated':
      return [defaultAuthz(word, cluster, meshed)];
    default:
      return [];
  }
}

function defaultAuthz(name: string, networks: readonly NetworkMatch[], permit: Permit) {
  return create(inbound.AuthzSchema, {
    networks: toNetworks(networks),
    authentication: { permit },
    labels: { group: '', kind: 'default', name },
    metadata: { kind: { case: 'default', value: name } },
  });
}

/** What gets in whatever the policy: the kubelet's probes, from anywhere, as its address is not known to the mesh. */
export function probeAuthorization(): inbound.Authz {
  return defaultAuthz('probe', ALL_NETWORKS, ANYBODY);
}

/** Who may speak to a Server: its ServerAuthorizations, policies of it and of its namespace, and its access policy. */
export function serverAuthorizations(
  objects: PolicyObjects,
  server: KeptServer,
  mesh: PolicyMesh,
): inbound.Authz[] {
  const { namespace, name } = server;
  const own = objects.within('serverauthorizations', namespace).flatMap((authorization) => {
    const { server: wanted, networks, client } = authorization;
    const meant =
      'name' in wanted ? wanted.name === name : matchesSelector(wanted.selector, server.labels);
    if (!meant) return [];
    return [authz('serverauthorization', authorization, networks, permitOf(client))];
  });
  const policies = policiesOf(objects, mesh, namespace, ({ group, kind, name: target }) =>
    kind === 'Namespace'
      ? group === '' && target === namespace
      : group === POLICY_GROUP && kind === 'Server' && target === name,
  );
  return [...own, ...policies, ...defaultAuthorizations(server.accessPolicy, mesh)];
}

/** Who may use a route beside those its Server lets in. */
export function routeAuthorizations(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  route: ObjectName & { readonly group: string; readonly kind: string },
): inbound.Authz[] {
  return policiesOf(
    objects,
    mesh,
    route.namespace,
    ({ group, kind, name }) => group === route.group && kind === route.kind && name === route.name,
  );
}

function policiesOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  namespace: string,
  isTarget: (target: TargetRef) => boolean,
): inbound.Authz[] {
  return objects.within('authorizationpolicies', namespace).flatMap((policy) => {
    if (!isTarget(policy.target)) return [];
    const required = requirementsOf(objects, mesh, policy.authentications);
    // A reference that leads nowhere lets nobody in.
    if (required === null) return [];
    const { networks, identities } = required;
    const permit: Permit =
      identities === null ? ANYBODY : permitOf({ kind: 'identities', names: identities });
    return [authz('authorizationpolicy', policy, networks, permit)];
  });
}

interface Requirements {
  readonly networks: readonly NetworkMatch[];
  /** Null when no identity is asked for. */
  readonly identities: readonly string[] | null;
}

/** All references have to hold: at most one of networks, at most one of identities (the CRD's own rule). */
function requirementsOf(
  objects: PolicyObjects,
  mesh: PolicyMesh,
  references: readonly TargetRef[],
): Requirements | null {
  let networks: readonly NetworkMatch[] = [];
  let identities: readonly string[] | null = null;
  for (const ref of references) {
    const key = `${ref.namespace}/${ref.name}`;
    switch (ref.kind) {
      case 'NetworkAuthentication': {
        const found = objects.all.networkauthentications.get(key);
        if (found === undefined) return null;
        networks = found.networks;
        break;
      }
      case 'MeshTLSAuthentication': {
        const found = objects.all.meshtlsauthentications.get(key);
        if (found === undefined) return null;
        identities = [...found.identities, ...found.refs.map((each) => accountName(each, mesh))];
        break;
      }
      case 'ServiceAccount':
        identities = [...(identities ?? []), accountName(ref, mesh)];
        break;
      default:
        return null;
    }
  }
  return { networks, identities };
}

/** The identity of a service account, or the suffix of all identities of a namespace. */
export function accountName({ kind, namespace, name }: TargetRef, mesh: PolicyMesh): string {
  if (kind !== 'Namespace') return mesh.identityOf({ namespace, name });
  return mesh.identityOf({ namespace: name, name: '*' });
}

function authz(
  kind: string,
  { namespace, name }: ObjectName,
  networks: readonly NetworkMatch[],
  permit: Permit,
): inbound.Authz {
  return create(inbound.AuthzSchema, {
    networks: toNetworks(networks.length === 0 ? ALL_NETWORKS : networks),
    authentication: { permit },
    labels: { group: POLICY_GROUP, kind, name },
    metadata: {
      kind: { case: 'resource', value: { group: POLICY_GROUP, kind, name, namespace } },
    },
  });
}

function permitOf(client: ClientMatch): Permit {
  switch (client.kind) {
    case 'anybody':
      return ANYBODY;
    case 'any-tls':
      return { case: 'meshTLS', value: { clients: { case: 'unauthenticated', value: {} } } };
    case 'identities': {
      const suffixes = client.names.filter((name) => name === '*' || name.startsWith('*.'));
      const identities = client.names.filter((name) => !suffixes.includes(name));
      return {
        case: 'meshTLS',
        value: {
          clients: {
            case: 'identities',
            value: {
              identities: identities.map((name) => ({ name })),
              suffixes: suffixes.map((name) => ({
                parts: name === '*' ? [] : name.slice(2).split('.'),
              })),
            },
          },
        },
      };
    }
  }
}
