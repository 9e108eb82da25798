import type { ServiceRef } from '@tulle/model';
import type { ProfileLookup } from '../../destination/discovery.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { KeptProfile } from './keep/kept-objects.ts';

/** Key of the profile that is in force for clients of a namespace. */
export function profileKey(
  { namespace, name }: ServiceRef,
  inNamespace: string,
  clusterDomain: string,
): string {
  return `${inNamespace}/${name}.${namespace}.svc.${clusterDomain}`;
}

/** ServiceProfiles as proxies ask for them: the client's namespace first, then the service's own. */
export function createProfileLookup(objects: ClusterObjects, clusterDomain: string): ProfileLookup {
  const { serviceprofiles } = objects.all;
  const find = (service: ServiceRef, inNamespace: string): KeptProfile | null =>
    serviceprofiles.get(profileKey(service, inNamespace, clusterDomain)) ?? null;
  return {
    inForce(service, clientNamespace) {
      const clients = clientNamespace === '' ? null : find(service, clientNamespace);
      return (clients ?? find(service, service.namespace))?.spec ?? null;
    },
    onChange: (listener) => objects.onProfile(listener),
  };
}
