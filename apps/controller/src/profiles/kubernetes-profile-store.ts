import {
  TulleError,
  validateServiceProfile,
  type ServiceProfileSpec,
  type ServiceRef,
  type StoredProfile,
} from '@tulle/model';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { ClusterObjects } from '../platform/kubernetes/cluster-objects.ts';
import {
  keepServiceProfile,
  SAVED_BY,
  type ServiceProfile,
} from '../platform/kubernetes/keep/keep-service-profile.ts';
import type { KeptProfile } from '../platform/kubernetes/keep/kept-objects.ts';
import { createProfileLookup, profileKey } from '../platform/kubernetes/profile-lookup.ts';
import type { OnBehalf } from '../platform/platform.ts';
import type { ProfileStore } from './profile-store.ts';

export interface KubernetesProfileStoreOptions {
  readonly api: KubernetesApi;
  /** Where watched profiles are. */
  readonly objects: ClusterObjects;
  readonly clusterDomain: string;
}

const API_VERSION = 'linkerd.io/v1alpha2';

/**
 * ServiceProfiles as the cluster has them. A profile's version is its resourceVersion, so that whoever changed it
 * meanwhile, by whatever means, is not written over. A save touches routes and retry budget; what else the profile
 * holds stays.
 */
export function createKubernetesProfileStore(options: KubernetesProfileStoreOptions): ProfileStore {
  const { objects, clusterDomain } = options;
  const lookup = createProfileLookup(objects, clusterDomain);

  function find(service: ServiceRef): KeptProfile | null {
    const key = profileKey(service, service.namespace, clusterDomain);
    return objects.all.serviceprofiles.get(key) ?? null;
  }

  /** The profile the caller edited; null for a new one. */
  function basis(service: ServiceRef, baseVersion: number): KeptProfile | null {
    const current = find(service);
    const version = current === null ? 0 : versionOf(current);
    if (version !== baseVersion) throw staleVersion(service, baseVersion, version);
    return current;
  }

  /** Read again at once, not only when the watch brings it. */
  function take(profile: ServiceProfile): StoredProfile {
    const kept = keepServiceProfile(profile, clusterDomain);
    if (kept === null) throw new TulleError('internal', 'the saved profile cannot be read again');
    objects.put('serviceprofiles', profileKey(kept.service, kept.namespace, clusterDomain), kept);
    return toStored(kept);
  }

  async function send<T>(service: ServiceRef, baseVersion: number, ask: Promise<T>): Promise<T> {
    try {
      return await ask;
    } catch (reason) {
      if (!(reason instanceof TulleError) || reason.code !== 'conflict') throw reason;
      throw staleVersion(service, baseVersion, null, reason);
    }
  }

  return {
    get(service) {
      const kept = find(service);
      return kept === null ? null : toStored(kept);
    },
    inForce: (service, clientNamespace) => lookup.inForce(service, clientNamespace),
    list: () =>
      [...objects.all.serviceprofiles.values()]
        .filter(({ namespace, service }) => namespace === service.namespace)
        .map(toStored),
    async save(service, spec, baseVersion, actor, as) {
      const issues = validateServiceProfile(spec);
      if (issues.length > 0) {
        throw new TulleError(
          'invalid_argument',
          `The routes of ${service.name} were not saved: ${issues[0]?.message ?? 'they are invalid'}.`,
          { issues },
        );
      }
      const current = basis(service, baseVersion);
      const api = apiOf(options.api, as);
      const request =
        current === null
          ? api.request<ServiceProfile>({
              method: 'POST',
              path: collectionOf(service),
              body: newProfile(service, spec, actor, clusterDomain),
            })
          : api.request<ServiceProfile>({
              method: 'PATCH',
              path: pathOf(service, clusterDomain),
              contentType: 'application/merge-patch+json',
              body: {
                metadata: {
                  resourceVersion: current.resourceVersion,
                  annotations: { [SAVED_BY]: actor },
                },
                spec: { ...spec, retryBudget: spec.retryBudget ?? null },
              },
            });
      return take(await send(service, baseVersion, request));
    },
    async remove(service, baseVersion, _actor, as) {
      if (find(service) === null) {
        throw new TulleError('not_found', `${service.name} has no routes of its own to remove.`);
      }
      const resourceVersion = basis(service, baseVersion)?.resourceVersion;
      const request = apiOf(options.api, as).request({
        method: 'DELETE',
        path: pathOf(service, clusterDomain),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } },
      });
      await send(service, baseVersion, request);
      const key = profileKey(service, service.namespace, clusterDomain);
      objects.remove('serviceprofiles', key);
    },
    onChange: (listener) => objects.onProfile(listener),
  };
}

function apiOf(api: KubernetesApi, as: OnBehalf | undefined): KubernetesApi {
  return as === undefined ? api : api.withHeaders(as);
}

/** A whole number in every API server that keeps its objects in etcd. */
function versionOf({ resourceVersion }: KeptProfile): number {
  return Number(resourceVersion);
}

function toStored(kept: KeptProfile): StoredProfile {
  const { service, spec, savedAtMs, savedBy } = kept;
  const { namespace, name } = service;
  return { namespace, service: name, version: versionOf(kept), spec, savedAtMs, savedBy };
}

function collectionOf({ namespace }: ServiceRef): string {
  return `/apis/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/serviceprofiles`;
}

function nameOf({ namespace, name }: ServiceRef, clusterDomain: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

function pathOf(service: ServiceRef, clusterDomain: string): string {
  return `${collectionOf(service)}/${encodeURIComponent(nameOf(service, clusterDomain))}`;
}

function newProfile(
  service: ServiceRef,
  spec: ServiceProfileSpec,
  actor: string,
  clusterDomain: string,
): object {
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceProfile',
    metadata: {
      name: nameOf(service, clusterDomain),
      namespace: service.namespace,
      annotations: { [SAVED_BY]: actor },
    },
    spec,
  };
}

/** @param stored version in force now, 0 for none, null when only the API server knows */
function staleVersion(
  service: ServiceRef,
  base: number,
  stored: number | null,
  cause?: unknown,
): TulleError {
  const now =
    stored === null
      ? 'another change came first'
      : stored === 0
        ? 'there are none now'
        : `version ${stored} is in force now`;
  return new TulleError(
    'conflict',
    `The routes of ${service.name} changed since version ${base}, which you edited: ${now}. Nothing was saved.`,
    { cause },
  );
}
