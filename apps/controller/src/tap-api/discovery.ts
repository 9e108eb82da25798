import { TAP_GROUP, TAP_PREFIX, TAP_RESOURCES, TAP_VERSION } from './tap-path.ts';

const GROUP_VERSION = `${TAP_GROUP}/${TAP_VERSION}`;
const VERSION = { groupVersion: GROUP_VERSION, version: TAP_VERSION };
const GROUP = { name: TAP_GROUP, versions: [VERSION], preferredVersion: VERSION };
const OK = 'ok';

/** The documents by which the API server and `kubectl` learn what is here; null for a path that is none of them. */
export function discoveryAt(pathname: string): unknown {
  switch (pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname) {
    case '/':
      return { paths: ['/apis', `/apis/${TAP_GROUP}`, TAP_PREFIX, '/healthz', '/openapi/v2'] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: [GROUP] };
    case `/apis/${TAP_GROUP}`:
      return { kind: 'APIGroup', apiVersion: 'v1', ...GROUP };
    case TAP_PREFIX:
      return resourceList();
    case '/openapi/v2':
      return { swagger: '2.0', info: { title: TAP_GROUP, version: TAP_VERSION }, paths: {} };
    case '/version':
      return { major: '1', minor: '0' };
    case '/healthz':
    case '/livez':
    case '/readyz':
      return OK;
    default:
      return null;
  }
}

function resourceList(): unknown {
  const resources = TAP_RESOURCES.flatMap(({ name, shortName, namespaced }) => [
    { name, singularName: '', shortNames: [shortName], namespaced, kind: 'Tap', verbs: ['watch'] },
    { name: `${name}/tap`, singularName: '', namespaced, kind: 'Tap', verbs: ['watch'] },
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: GROUP_VERSION, resources };
}
