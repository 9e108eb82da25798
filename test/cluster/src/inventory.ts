import type { World } from './world.ts';

/** Kinds that come and go by themselves, whoever is installed. */
const RESTLESS =
  /^(events|leases|endpoints|endpointslices|pods|replicasets|componentstatuses|.*\.metrics\.k8s\.io)/;

/** Every object of the cluster that stays until somebody deletes it, as `kind namespace/name`. */
export async function inventory({ kubectl }: World): Promise<Set<string>> {
  const kinds = (await kubectl('api-resources', '--verbs=list', '-o', 'name'))
    .split('\n')
    .filter((kind) => kind !== '' && !RESTLESS.test(kind));
  const columns = 'custom-columns=K:.kind,N:.metadata.namespace,M:.metadata.name';
  const lines = await kubectl('get', kinds.join(','), '-A', '--no-headers', '-o', columns);
  const found = lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((parts) => parts.length === 3)
    .map(([kind = '', namespace = '', name = '']) => `${kind} ${namespace}/${name}`);
  return new Set(found);
}

/** What is in the second and not in the first. */
export function added(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...after].filter((each) => !before.has(each));
}
