import type { Issue } from '@tulle/model';
import type { InjectConfig } from '../config/inject-config.ts';
import type { Container } from '../kubernetes/pod.ts';
import { CONFIG_PREFIX, OPAQUE_PORTS } from './names.ts';
import { resolveOpaquePorts } from './opaque-ports.ts';
import { SETTINGS, WITHOUT_EFFECT, type Draft } from './settings.ts';

type Annotations = Readonly<Record<string, string>>;

export interface PodSettings extends Draft {
  /** Ports served as bytes, numbers and ranges. */
  readonly opaquePorts: string;
  /** Annotations that say nothing to this proxy, with the reason, for the event. */
  readonly withoutEffect: readonly string[];
  /** Values that cannot be; a pod with any is not injected. */
  readonly issues: readonly Issue[];
}

/** `config.linkerd.io/proxy-uid` and its alpha and beta forms → `proxy-uid`; null for any other annotation. */
function settingName(annotation: string): string | null {
  return /^config\.(?:(?:alpha|beta)\.)?linkerd\.io\/(.+)$/.exec(annotation)?.[1] ?? null;
}

/** The configuration for one pod: the mesh's, changed by its namespace's annotations and then by its own. */
export function readSettings(
  config: InjectConfig,
  namespace: Annotations,
  pod: Annotations,
  containers: readonly Container[],
): PodSettings {
  const draft: Draft = structuredClone({ proxy: config.proxy, proxyInit: config.proxyInit });
  const issues: Issue[] = [];
  const withoutEffect: string[] = [];
  for (const [annotation, value] of Object.entries({ ...namespace, ...pod })) {
    const name = settingName(annotation);
    if (name === null || name === 'opaque-ports') continue;
    const setting = SETTINGS[name];
    if (setting !== undefined) {
      const fault = setting(draft, value);
      if (fault !== null) issues.push({ path: annotation, message: fault });
    } else {
      const reason = WITHOUT_EFFECT[name] ?? 'it is not known';
      withoutEffect.push(`${annotation}: ${reason}`);
    }
  }
  issues.push(...portConflicts(draft));
  const opaque = pod[OPAQUE_PORTS] ?? namespace[OPAQUE_PORTS];
  const resolved = resolveOpaquePorts(opaque ?? draft.proxy.opaquePorts, containers);
  if (resolved.unknown.length > 0) {
    const message = `${resolved.unknown.map((part) => `"${part}"`).join(', ')} is neither a port, a range of ports nor the name of a container's port`;
    issues.push({ path: OPAQUE_PORTS, message });
  }
  return { ...draft, opaquePorts: resolved.ports, withoutEffect, issues };
}

/** Two listeners of the proxy on one port: it could never start. */
function portConflicts({ proxy }: Draft): Issue[] {
  const seen = new Map<number, string>();
  const issues: Issue[] = [];
  for (const [name, port] of Object.entries(proxy.ports)) {
    const other = seen.get(port);
    if (other === undefined) seen.set(port, name);
    else {
      const message = `is ${port}, which is the ${other} port too`;
      issues.push({ path: `${CONFIG_PREFIX}${name}-port`, message });
    }
  }
  return issues;
}
