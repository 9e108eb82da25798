import {
  IDENTITY_VOLUME,
  INIT_CONTAINER,
  PROXY_CONTAINER,
  TOKEN_VOLUME,
  VALIDATOR_CONTAINER,
  XTABLES_VOLUME,
} from './annotations/names.ts';
import type { PodTemplate } from './kubernetes/pod.ts';
import { pointerToken, type JsonPatch, type PatchOperation } from './patch/json-patch.ts';

const CONTAINERS = new Set([PROXY_CONTAINER, INIT_CONTAINER, VALIDATOR_CONTAINER]);
const VOLUMES = new Set([IDENTITY_VOLUME, TOKEN_VOLUME, XTABLES_VOLUME]);
const OWN_KEY = /^(?:[a-z.]+\.)?linkerd\.io\//;

/** What has to go for a pod to be outside the mesh: containers, volumes, every label and annotation of Linkerd's. */
export function uninjectPod(pod: PodTemplate, path = ''): JsonPatch {
  const { metadata = {}, spec = {} } = pod;
  return [
    ...removeKeys(metadata.labels, `${path}/metadata/labels`),
    ...removeKeys(metadata.annotations, `${path}/metadata/annotations`),
    ...removeItems(spec.initContainers, `${path}/spec/initContainers`, CONTAINERS),
    ...removeItems(spec.containers, `${path}/spec/containers`, CONTAINERS),
    ...removeItems(spec.volumes, `${path}/spec/volumes`, VOLUMES),
  ];
}

function removeKeys(
  map: Readonly<Record<string, string>> | undefined,
  path: string,
): PatchOperation[] {
  return Object.keys(map ?? {})
    .filter((key) => OWN_KEY.test(key))
    .map((key) => ({ op: 'remove', path: `${path}/${pointerToken(key)}` }));
}

/** Last first, so that the places of those before stay as they are. */
function removeItems(
  list: readonly { readonly name: string }[] | undefined,
  path: string,
  names: ReadonlySet<string>,
): PatchOperation[] {
  return (list ?? [])
    .flatMap(({ name }, index) => (names.has(name) ? [index] : []))
    .toReversed()
    .map((index) => ({ op: 'remove', path: `${path}/${index}` }));
}
