/** Injection: what has to change about a pod for it to be in the mesh. Nothing here reads a clock, a file or a cluster. */
import { createHash } from 'node:crypto';
import {
  CONTROL_PLANE_NS,
  CREATED_BY,
  DISABLE_TAP,
  OPAQUE_PORTS,
  PROXY_VERSION,
  TAP_ENABLED,
  TRUST_ROOT_SHA256,
  WORKLOAD_NS,
} from './annotations/names.ts';
import { opaquePortsOfPod } from './annotations/opaque-ports.ts';
import { readSettings, type PodSettings } from './annotations/read-settings.ts';
import { initContainer } from './build/init-container.ts';
import { proxyContainer } from './build/proxy-container.ts';
import { volumes } from './build/volumes.ts';
import type { InjectConfig } from './config/inject-config.ts';
import { decideInjection } from './decide-injection.ts';
import type { InjectInput } from './inject-input.ts';
import type { Owner, PodTemplate } from './kubernetes/pod.ts';
import { PatchBuilder } from './patch/json-patch.ts';
import { notesOn } from './report/notes.ts';
import type { InjectOutcome } from './report/report.ts';

/** Decides about one pod and says what to change. Never throws for what a person wrote. */
export function injectPod(input: InjectInput): InjectOutcome {
  const { pod, config, namespaceAnnotations, path = '' } = input;
  const annotations = pod.metadata?.annotations ?? {};
  const decision = decideInjection(pod, namespaceAnnotations);
  const { annotatedAt } = decision;
  const patch = new PatchBuilder(pod, path);
  if (decision.kind === 'skip') {
    const inherited = namespaceAnnotations[OPAQUE_PORTS];
    if (inherited !== undefined && !(OPAQUE_PORTS in annotations)) {
      patch.setKeys('/metadata/annotations', { [OPAQUE_PORTS]: inherited });
    }
    return { kind: 'skipped', annotatedAt, reason: decision.reason, patch: patch.operations };
  }
  const containers = pod.spec?.containers ?? [];
  const settings = readSettings(config, namespaceAnnotations, annotations, containers);
  if (settings.issues.length > 0) {
    return { kind: 'refused', annotatedAt, issues: settings.issues };
  }
  addMetadata(patch, input, settings);
  addContainers(patch, input, settings, decision.isIngress);
  const notes = notesOn(input, settings);
  return { kind: 'injected', annotatedAt, patch: patch.operations, notes };
}

function isTapped(
  pod: PodTemplate,
  namespaceAnnotations: InjectInput['namespaceAnnotations'],
): boolean {
  const annotations = { ...namespaceAnnotations, ...pod.metadata?.annotations };
  return annotations[DISABLE_TAP] !== 'true';
}

function addMetadata(patch: PatchBuilder, input: InjectInput, settings: PodSettings): void {
  const { pod, namespace, namespaceAnnotations, config, owner } = input;
  patch.setKeys('/metadata/labels', {
    [CONTROL_PLANE_NS]: config.controlPlaneNamespace,
    [WORKLOAD_NS]: namespace,
    ...ownerLabel(owner),
  });
  const opaque = opaqueAnnotation(input, settings);
  const tapped = isTapped(pod, namespaceAnnotations);
  patch.setKeys('/metadata/annotations', {
    [CREATED_BY]: input.createdBy,
    [PROXY_VERSION]: settings.proxy.image.version,
    [TRUST_ROOT_SHA256]: createHash('sha256').update(input.trustAnchorsPem).digest('hex'),
    ...(tapped ? { [TAP_ENABLED]: 'true' } : {}),
    ...(opaque === null ? {} : { [OPAQUE_PORTS]: opaque }),
  });
}

/** What metrics are told apart by. A label holds 63 characters, and one too long would keep the pod from being made. */
function ownerLabel(owner: Owner | null): Record<string, string> {
  if (owner === null || owner.name.length > 63) return {};
  return { [`linkerd.io/proxy-${owner.kind.toLowerCase()}`]: owner.name };
}

/** The annotation that clients' proxies go by; null where the pod has it, or there is nothing to say. */
function opaqueAnnotation(
  { pod, namespaceAnnotations }: InjectInput,
  { proxy }: PodSettings,
): string | null {
  if (pod.metadata?.annotations?.[OPAQUE_PORTS] !== undefined) return null;
  const inherited = namespaceAnnotations[OPAQUE_PORTS];
  if (inherited !== undefined) return inherited;
  const ports = opaquePortsOfPod(proxy.opaquePorts, pod.spec?.containers ?? []);
  return ports.length === 0 ? null : ports.join(',');
}

function addContainers(
  patch: PatchBuilder,
  input: InjectInput,
  settings: PodSettings,
  isIngress: boolean,
): void {
  const { pod, config, namespaceAnnotations, trustAnchorsPem } = input;
  const { proxy } = settings;
  for (const volume of volumes(!config.cniEnabled)) patch.insert('/spec/volumes', volume, 'end');
  for (const secret of missingPullSecrets(pod, config)) {
    patch.insert('/spec/imagePullSecrets', secret, 'end');
  }
  const container = proxyContainer({
    config,
    settings,
    containers: pod.spec?.containers ?? [],
    trustAnchorsPem,
    isIngress,
    isTapped: isTapped(pod, namespaceAnnotations),
  });
  const init = initContainer(config, settings);
  if (proxy.nativeSidecar) {
    // Before the application's own init containers, whose traffic goes through the proxy too.
    patch.insert('/spec/initContainers', init, 0);
    patch.insert('/spec/initContainers', container, 1);
    return;
  }
  // After them: they run before any proxy is there and need the network as it is.
  patch.insert('/spec/initContainers', init, 'end');
  // First, so that its postStart holds the others back until it is ready.
  patch.insert('/spec/containers', container, proxy.await ? 0 : 'end');
}

function missingPullSecrets(pod: PodTemplate, config: InjectConfig): { name: string }[] {
  const has = new Set((pod.spec?.imagePullSecrets ?? []).map(({ name }) => name));
  return config.imagePullSecrets.filter(({ name }) => !has.has(name));
}
