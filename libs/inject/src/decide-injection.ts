import {
  INIT_CONTAINER,
  INJECT,
  PROXY_CONTAINER,
  VALIDATOR_CONTAINER,
} from './annotations/names.ts';
import type { Container, PodSpec, PodTemplate } from './kubernetes/pod.ts';
import type { AnnotatedAt, SkipReason } from './report/report.ts';

/** Images and names of containers that redirect a pod's traffic themselves. */
const FOREIGN_NAMES = new Set(['istio-proxy', 'istio-init', 'envoy', 'contour', 'kuma-sidecar']);
const OWN_NAMES = new Set([PROXY_CONTAINER, INIT_CONTAINER, VALIDATOR_CONTAINER]);
const FOREIGN_IMAGES = [
  'cr.l5d.io/linkerd/proxy:',
  'cr.l5d.io/linkerd/proxy-init:',
  'gcr.io/istio-release/proxyv2:',
  'gcr.io/istio-release/proxy_init:',
  'docker.io/istio/proxyv2:',
  'gcr.io/heptio-images/contour:',
  'docker.io/envoyproxy/envoy-alpine:',
];

export type Decision =
  | { readonly kind: 'inject'; readonly annotatedAt: AnnotatedAt; readonly isIngress: boolean }
  | { readonly kind: 'skip'; readonly annotatedAt: AnnotatedAt; readonly reason: SkipReason };

/** Whether a pod is injected, by its own annotation, then its namespace's, and by what it already has. */
export function decideInjection(
  pod: PodTemplate,
  namespaceAnnotations: Readonly<Record<string, string>>,
): Decision {
  const own = pod.metadata?.annotations?.[INJECT];
  const inherited = namespaceAnnotations[INJECT];
  const annotatedAt = own !== undefined ? 'workload' : inherited !== undefined ? 'namespace' : null;
  const skip = (reason: SkipReason): Decision => ({ kind: 'skip', annotatedAt, reason });
  const spec = pod.spec ?? {};
  if (spec.hostNetwork === true) return skip('host_network_enabled');
  if (hasSidecar(spec)) return skip('sidecar_already_exists');
  switch (own ?? inherited) {
    case undefined:
      return skip('injection_enable_annotation_absent');
    case 'disabled':
      return skip('injection_disable_annotation_present');
    case 'enabled':
      return { kind: 'inject', annotatedAt, isIngress: false };
    case 'ingress':
      return { kind: 'inject', annotatedAt, isIngress: true };
    default:
      return skip(
        annotatedAt === 'workload'
          ? 'invalid_inject_annotation_at_workload'
          : 'invalid_inject_annotation_at_ns',
      );
  }
}

function hasSidecar({ containers = [], initContainers = [] }: PodSpec): boolean {
  return [...containers, ...initContainers].some(isSidecar);
}

function isSidecar({ name, image = '' }: Container): boolean {
  if (OWN_NAMES.has(name) || FOREIGN_NAMES.has(name)) return true;
  return FOREIGN_IMAGES.some((prefix) => image.startsWith(prefix));
}
