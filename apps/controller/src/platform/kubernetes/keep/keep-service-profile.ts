import { validateServiceProfile, type ServiceProfileSpec } from '@tulle/model';
import type { KeptProfile } from './kept-objects.ts';

/** `linkerd.io/v1alpha2` ServiceProfile, as far as it is read here. */
export interface ServiceProfile {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    readonly creationTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly time?: string }[];
  };
  readonly spec: ServiceProfileSpec;
}

/** Who saved a profile last through the dashboard or `tulle`. */
export const SAVED_BY = 'tulle/saved-by';

/**
 * A profile by the service it is for, which its name says. Null for a name of another cluster domain, and for a spec
 * that the validator would have refused: the proxies keep what they had rather than half of it.
 */
export function keepServiceProfile(
  { metadata, spec }: ServiceProfile,
  clusterDomain: string,
): KeptProfile | null {
  const suffix = `.svc.${clusterDomain}`;
  if (!metadata.name.endsWith(suffix)) return null;
  const [service = '', namespace = '', ...rest] = metadata.name.slice(0, -suffix.length).split('.');
  if (service === '' || namespace === '' || rest.length > 0) return null;
  const routes: unknown = spec.routes;
  const whole = routes === undefined || routes === null ? { ...spec, routes: [] } : spec;
  if (validateServiceProfile(whole).length > 0) return null;
  const changedAt = (metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? '') || 0);
  return {
    namespace: metadata.namespace,
    service: { kind: 'service', namespace, name: service },
    resourceVersion: metadata.resourceVersion,
    spec: whole,
    savedAtMs: Math.max(Date.parse(metadata.creationTimestamp ?? '') || 0, ...changedAt),
    savedBy: metadata.annotations?.[SAVED_BY] ?? 'kubectl or another client',
  };
}
