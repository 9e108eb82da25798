import type { UpstreamRef } from './mesh-spec.ts';

/** What stands between `{{` and `}}`. */
export type Placeholder =
  | { readonly kind: 'port'; readonly name: string }
  | { readonly kind: 'service'; readonly upstream: UpstreamRef }
  | { readonly kind: 'unknown'; readonly text: string };

const PLACEHOLDER = /\{\{\s*(.*?)\s*\}\}/g;
const PORT_PATTERN = /^port\.([-a-z0-9]+)$/;
const SERVICE_PATTERN = /^service\.([-a-z0-9]+)(?:\.([-a-z0-9]+))?:(\d{1,5})$/;

/** The placeholders of a value, in order. A service without a namespace is in the workload's own. */
export function placeholdersOf(value: string, namespace: string): Placeholder[] {
  return [...value.matchAll(PLACEHOLDER)].map((match) => parse(match[1] ?? '', namespace));
}

/** Replaces each placeholder by what `resolve` gives for it. */
export function fillTemplate(
  value: string,
  namespace: string,
  resolve: (placeholder: Placeholder) => string,
): string {
  return value.replaceAll(PLACEHOLDER, (_whole, inner: string) => resolve(parse(inner, namespace)));
}

function parse(text: string, namespace: string): Placeholder {
  const port = PORT_PATTERN.exec(text);
  if (port?.[1] !== undefined) return { kind: 'port', name: port[1] };
  const service = SERVICE_PATTERN.exec(text);
  if (service?.[1] !== undefined) {
    return {
      kind: 'service',
      upstream: {
        service: { kind: 'service', namespace: service[2] ?? namespace, name: service[1] },
        port: Number(service[3]),
      },
    };
  }
  return { kind: 'unknown', text };
}
