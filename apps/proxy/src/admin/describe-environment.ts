import type { Environment } from '../config/env-reader.ts';

const OWN = /^(?:LINKERD2_PROXY_|TULLE_|_?pod_|HOSTNAME$)/;
const SECRET = /TOKEN|SECRET|PASSWORD|PRIVATE|CREDENTIAL|API_?KEY/i;
/** Names a file, not what is in it. */
const IS_PATH = /_(?:FILE|DIR|PATH)$/;

/**
 * The proxy's own variables, for a person asking why it behaves as it does. Others are left out, and values that could be
 * secrets are replaced: the page is not limited to this machine.
 * @param names the variables asked for; all when empty. One that is not set is null.
 */
export function describeEnvironment(
  env: Environment,
  names: readonly string[],
): Readonly<Record<string, string | null>> {
  const wanted = names.length > 0 ? names : Object.keys(env).sort();
  return Object.fromEntries(
    wanted.filter((name) => OWN.test(name)).map((name) => [name, shown(name, env[name])]),
  );
}

function shown(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  return SECRET.test(name) && !IS_PATH.test(name) ? '[redacted]' : value;
}
