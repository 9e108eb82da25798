import { createTopics, type Topics } from '../../platform/kubernetes/topics.ts';
import type { KeptPolicies, PolicyKind } from './kept-policies.ts';

/** What policies are made of, as the cluster has it. Written by reflectors only; keys are `namespace/name`. */
export interface PolicyObjects {
  readonly all: { readonly [K in PolicyKind]: ReadonlyMap<string, KeptPolicies[K]> };
  put<K extends PolicyKind>(kind: K, key: string, value: KeptPolicies[K]): void;
  remove(kind: PolicyKind, key: string): void;
  /** Objects of a kind in one namespace, the oldest first: where several claim one thing, the oldest has it. */
  within<K extends PolicyKind>(kind: K, namespace: string): readonly KeptPolicies[K][];
  serviceByIp(ip: string): KeptPolicies['services'] | null;
  /**
   * Tells `pod ns/name` and `service ns/name` of what changed in one of them, `policies` of any other object: those are few,
   * and what they concern (a selector, a reference into another namespace) is found by asking again.
   */
  readonly topics: Topics;
}

export function createPolicyObjects(): PolicyObjects {
  const all = {
    pods: new Map(),
    namespaces: new Map(),
    services: new Map(),
    servers: new Map(),
    serverauthorizations: new Map(),
    authorizationpolicies: new Map(),
    meshtlsauthentications: new Map(),
    networkauthentications: new Map(),
    httplocalratelimitpolicies: new Map(),
    policyhttproutes: new Map(),
    httproutes: new Map(),
    grpcroutes: new Map(),
  } satisfies { [K in PolicyKind]: Map<string, KeptPolicies[K]> };
  const servicesByIp = new Map<string, KeptPolicies['services']>();
  const topics = createTopics();
  /** By kind and namespace; made when asked, let go when an object of it changes. */
  const sorted = new Map<string, readonly unknown[]>();

  function changed<K extends PolicyKind>(
    kind: K,
    key: string,
    before: KeptPolicies[K] | undefined,
    after: KeptPolicies[K] | null,
  ): void {
    const [namespace = ''] = key.split('/');
    sorted.delete(`${kind} ${namespace}`);
    if (kind === 'pods') return topics.tell(`pod ${key}`);
    if (kind !== 'services') return topics.tell('policies');
    for (const ip of (before as KeptPolicies['services'] | undefined)?.clusterIps ?? []) {
      servicesByIp.delete(ip);
      topics.tell(`ip ${ip}`);
    }
    const now = after as KeptPolicies['services'] | null;
    for (const ip of now?.clusterIps ?? []) {
      if (now !== null) servicesByIp.set(ip, now);
      topics.tell(`ip ${ip}`);
    }
    topics.tell(`service ${key}`);
    return undefined;
  }

  return {
    all,
    put(kind, key, value) {
      const map = all[kind] as Map<string, typeof value>;
      const before = map.get(key);
      map.set(key, value);
      changed(kind, key, before, value);
    },
    remove(kind, key) {
      const before = all[kind].get(key);
      if (before === undefined) return;
      all[kind].delete(key);
      changed(kind, key, before, null);
    },
    within<K extends PolicyKind>(kind: K, namespace: string): readonly KeptPolicies[K][] {
      const known = sorted.get(`${kind} ${namespace}`);
      if (known !== undefined) return known as readonly KeptPolicies[K][];
      const found = [...(all[kind] as ReadonlyMap<string, KeptPolicies[K]>)]
        .filter(([key]) => key.startsWith(`${namespace}/`))
        .map(([, value]) => value)
        .sort((a, b) => ageOf(a) - ageOf(b));
      sorted.set(`${kind} ${namespace}`, found);
      return found;
    },
    serviceByIp: (ip) => servicesByIp.get(ip) ?? null,
    topics,
  };
}

function ageOf(value: object): number {
  return 'createdAtMs' in value && typeof value.createdAtMs === 'number' ? value.createdAtMs : 0;
}
