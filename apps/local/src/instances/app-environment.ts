import { upstreamKey } from '../mesh-file/mesh-spec.ts';
import { fillTemplate, type Placeholder } from '../mesh-file/template.ts';
import { splitAddress } from '../net/loopback.ts';
import type { InstancePlan } from './instance-plan.ts';

/** Variables of ours, of npm and of another mesh that an application has no business with. */
const WITHHELD = /^(npm_|TULLE_|LINKERD2_PROXY_|NODE_COMPILE_CACHE$|INIT_CWD$)/;

/** The environment an application inherits: a person's shell, less {@link WITHHELD}. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !WITHHELD.test(name)) inherited[name] = value;
  }
  return inherited;
}

/** The environment of an application: what it inherits, then its own variables with the templates filled in. */
export function appEnvironment(
  plan: InstancePlan,
  inherited: Readonly<Record<string, string>>,
): Record<string, string> {
  const { workload } = plan;
  const env: Record<string, string> = { ...inherited };
  for (const [name, value] of Object.entries(workload.env)) {
    env[name] = fillTemplate(value, workload.ref.namespace, (placeholder) =>
      resolvePlaceholder(placeholder, plan),
    );
  }
  return env;
}

/** Empty for what does not exist; such a placeholder was refused when the file was read. */
function resolvePlaceholder(placeholder: Placeholder, plan: InstancePlan): string {
  if (placeholder.kind === 'port') {
    const port = plan.ports.find((candidate) => candidate.spec.name === placeholder.name);
    return port === undefined ? '' : String(splitAddress(port.appAddress).port);
  }
  if (placeholder.kind === 'unknown') return '';
  const key = upstreamKey(placeholder.upstream);
  return plan.upstreams.find(({ upstream }) => upstreamKey(upstream) === key)?.address ?? '';
}
