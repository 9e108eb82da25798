/** A ServiceProfile as the YAML people know from `kubectl get sp -o yaml`: block style, fields in one fixed order. */
import type { ServiceProfileSpec } from './service-profile.ts';

type Yaml = string | number | boolean | readonly Yaml[] | { readonly [name: string]: Yaml };

/** Order in which fields are written, whatever order they were saved in, so that a diff shows changes only. */
const FIELD_ORDER = [
  'name',
  'condition',
  'method',
  'pathRegex',
  'all',
  'any',
  'not',
  'status',
  'min',
  'max',
  'isRetryable',
  'isFailure',
  'timeout',
  'responseClasses',
  'retryRatio',
  'minRetriesPerSecond',
  'ttl',
];

/** Plain style is safe for these: no indicator, no number, no word YAML reads as something else. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9 /_.~[\]^*+()|$\\?=;@!'-]*$/;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/;
const RESERVED = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

export interface ProfileName {
  readonly namespace: string;
  readonly service: string;
}

/** The whole object with its head. `clusterDomain` completes its name: `web-svc.emojivoto.svc.cluster.local`. */
export function profileToYaml(
  name: ProfileName,
  spec: ServiceProfileSpec,
  clusterDomain = 'cluster.local',
): string {
  const head = [
    'apiVersion: linkerd.io/v1alpha2',
    'kind: ServiceProfile',
    'metadata:',
    `  name: ${name.service}.${name.namespace}.svc.${clusterDomain}`,
    `  namespace: ${name.namespace}`,
    'spec:',
  ];
  const body = specToYamlLines(spec).map((line) => `  ${line}`);
  return `${[...head, ...body].join('\n')}\n`;
}

/** The spec alone, one string per line, without indentation before it. */
export function specToYamlLines(spec: ServiceProfileSpec): readonly string[] {
  const fields: Record<string, Yaml> = { routes: spec.routes as unknown as Yaml };
  if (spec.retryBudget !== undefined) fields['retryBudget'] = { ...spec.retryBudget };
  return mapLines(fields);
}

function mapLines(map: { readonly [name: string]: Yaml }): readonly string[] {
  return Object.entries(map)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => FIELD_ORDER.indexOf(a) - FIELD_ORDER.indexOf(b))
    .flatMap(([name, value]) => entryLines(name, value));
}

function entryLines(name: string, value: Yaml): readonly string[] {
  if (isList(value)) {
    if (value.length === 0) return [`${name}: []`];
    return [`${name}:`, ...value.flatMap(itemLines)];
  }
  if (typeof value !== 'object') return [`${name}: ${scalar(value)}`];
  const lines = mapLines(value);
  if (lines.length === 0) return [`${name}: {}`];
  return [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function itemLines(item: Yaml): readonly string[] {
  if (typeof item !== 'object' || isList(item)) return [`- ${scalar(item as string)}`];
  return mapLines(item).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const safe = PLAIN.test(value) && !RESERVED.test(value) && !value.endsWith(' ');
  const plain = safe || DURATION.test(value);
  // JSON's double-quoted strings are YAML's.
  return plain ? value : JSON.stringify(value);
}
