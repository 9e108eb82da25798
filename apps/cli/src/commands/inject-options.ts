/** Flags of `tulle inject` for manifests: Linkerd's, each of which becomes an annotation of the pod. */
import { INJECT, OPAQUE_PORTS } from '@tulle/inject';
import { isSet, type OptionSpec, type Options, textOf } from '../command/command-spec.ts';

export const OUTPUT_OPTION: OptionSpec = {
  flags: '-o, --output <format>',
  about: 'how manifests are printed',
  choices: ['yaml', 'json'],
  default: 'yaml',
};

/** Flag, annotation after `config.linkerd.io/`, what the flag's value is called. */
const SETTINGS = [
  ['proxy-image', 'proxy-image', 'name'],
  ['proxy-version', 'proxy-version', 'tag'],
  ['image-pull-policy', 'image-pull-policy', 'policy'],
  ['inbound-port', 'inbound-port', 'port'],
  ['outbound-port', 'outbound-port', 'port'],
  ['control-port', 'control-port', 'port'],
  ['admin-port', 'admin-port', 'port'],
  ['skip-inbound-ports', 'skip-inbound-ports', 'ports'],
  ['skip-outbound-ports', 'skip-outbound-ports', 'ports'],
  ['skip-subnets', 'skip-subnets', 'networks'],
  ['proxy-uid', 'proxy-uid', 'id'],
  ['proxy-gid', 'proxy-gid', 'id'],
  ['proxy-log-level', 'proxy-log-level', 'filter'],
  ['proxy-cpu-request', 'proxy-cpu-request', 'quantity'],
  ['proxy-cpu-limit', 'proxy-cpu-limit', 'quantity'],
  ['proxy-memory-request', 'proxy-memory-request', 'quantity'],
  ['proxy-memory-limit', 'proxy-memory-limit', 'quantity'],
  ['default-inbound-policy', 'default-inbound-policy', 'policy'],
  ['require-identity-on-inbound-ports', 'proxy-require-identity-inbound-ports', 'ports'],
  ['access-log', 'access-log', 'format'],
  ['close-wait-timeout', 'close-wait-timeout', 'duration'],
  ['shutdown-grace-period', 'shutdown-grace-period', 'duration'],
  ['wait-before-exit-seconds', 'proxy-wait-before-exit-seconds', 'seconds'],
  ['opaque-ports', 'opaque-ports', 'ports'],
] as const;

export const INJECT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--manual',
    about: 'put the proxy into the manifests; otherwise they ask the cluster to',
  },
  {
    flags: '--inject-config <file>',
    about: 'with --manual: inject.yaml from a file, not the cluster',
  },
  { flags: '--trust-anchors <file>', about: 'with --inject-config: the trust anchors, PEM' },
  { flags: '--ingress', about: 'the workload lets traffic into the cluster' },
  {
    flags: '--native-sidecar <bool>',
    about: 'the proxy as a native sidecar',
    choices: ['true', 'false'],
  },
  ...SETTINGS.map(([flag, annotation, value]): OptionSpec => ({
    flags: `--${flag} <${value}>`,
    about: `config.linkerd.io/${annotation}`,
  })),
];

/** What is written on each pod. */
export function annotationsOf(options: Options): Record<string, string> {
  const annotations: Record<string, string> = {
    [INJECT]: isSet(options, 'ingress') ? 'ingress' : 'enabled',
  };
  const native = textOf(options, 'nativeSidecar');
  if (native !== undefined) annotations['config.linkerd.io/proxy-enable-native-sidecar'] = native;
  for (const [flag, annotation] of SETTINGS) {
    const value = textOf(options, camelCase(flag));
    if (value === undefined) continue;
    annotations[annotation === 'opaque-ports' ? OPAQUE_PORTS : `config.linkerd.io/${annotation}`] =
      value;
  }
  return annotations;
}

/** As commander names options. */
function camelCase(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
