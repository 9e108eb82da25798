import { OPAQUE_PORTS } from './annotations/names.ts';
import { opaquePortsOfService } from './annotations/opaque-ports.ts';
import type { InjectConfig } from './config/inject-config.ts';
import type { Service } from './kubernetes/pod.ts';
import { PatchBuilder, type JsonPatch } from './patch/json-patch.ts';

/**
 * A Service takes the opaque ports of its namespace, or those of its ports that the mesh takes for opaque; its own annotation
 * wins. An empty patch where there is nothing to write.
 */
export function injectService(
  service: Service,
  namespaceAnnotations: Readonly<Record<string, string>>,
  config: InjectConfig,
): JsonPatch {
  if (service.metadata?.annotations?.[OPAQUE_PORTS] !== undefined) return [];
  const own = opaquePortsOfService(config.proxy.opaquePorts, service).join(',');
  const ports = namespaceAnnotations[OPAQUE_PORTS] ?? own;
  if (ports === '') return [];
  const patch = new PatchBuilder(service);
  patch.setKeys('/metadata/annotations', { [OPAQUE_PORTS]: ports });
  return patch.operations;
}
