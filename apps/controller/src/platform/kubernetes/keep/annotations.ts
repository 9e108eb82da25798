/** Labels and annotations that are read or written, as Linkerd spells them. */
export const INJECT = 'linkerd.io/inject';
export const CONTROL_PLANE_NS = 'linkerd.io/control-plane-ns';
export const PROXY_VERSION = 'linkerd.io/proxy-version';
export const OPAQUE_PORTS = 'config.linkerd.io/opaque-ports';
export const SKIP_INBOUND_PORTS = 'config.linkerd.io/skip-inbound-ports';
/** What `kubectl rollout restart` writes. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
/** Why the last rollout that was asked for here was: `inject`, `uninject` or `restart`. */
export const ROLLOUT_CAUSE = 'tulle/rollout-cause';

export const PROXY_CONTAINER = 'linkerd-proxy';
export const INIT_CONTAINERS: ReadonlySet<string> = new Set([
  'linkerd-init',
  'linkerd-network-validator',
]);

export type Notes = Readonly<Record<string, string>> | undefined;

export function noteOf(notes: Notes, name: string): string | null {
  return notes?.[name] ?? null;
}
