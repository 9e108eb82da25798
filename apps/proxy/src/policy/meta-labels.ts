import type { meta } from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';

/** What a policy resource is called in metrics. */
export interface ResourceName {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly section: string;
  /** '' for none. */
  readonly port: string;
}

/** A resource that is built in, not written by anybody. */
export function defaultName(name: string): ResourceName {
  return { group: '', kind: 'default', namespace: '', name, section: '', port: '' };
}

/** Reads metadata; what has none is called `default`. */
export function resourceName(metadata: meta.Metadata | undefined): ResourceName {
  switch (metadata?.kind.case) {
    case 'resource': {
      const { group, kind, namespace, name, section, port } = metadata.kind.value;
      return { group, kind, namespace, name, section, port: port === 0 ? '' : String(port) };
    }
    case 'default':
      return defaultName(metadata.kind.value);
    default:
      return defaultName('default');
  }
}

/** `<prefix>_group`, `_kind`, `_name`: how inbound metrics name a resource. */
export function shortLabels(prefix: string, { group, kind, name }: ResourceName): Labels {
  return { [`${prefix}_group`]: group, [`${prefix}_kind`]: kind, [`${prefix}_name`]: name };
}

/** `<prefix>_group`, `_kind`, `_namespace`, `_name`: outbound routes. */
export function routeLabels({ group, kind, namespace, name }: ResourceName): Labels {
  return {
    route_group: group,
    route_kind: kind,
    route_namespace: namespace,
    route_name: name,
  };
}

/** `<prefix>_group`, `_kind`, `_namespace`, `_name`, `_port`, `_section_name`: outbound parents and backends. */
export function longLabels(prefix: string, resource: ResourceName): Labels {
  return {
    [`${prefix}_group`]: resource.group,
    [`${prefix}_kind`]: resource.kind,
    [`${prefix}_namespace`]: resource.namespace,
    [`${prefix}_name`]: resource.name,
    [`${prefix}_port`]: resource.port,
    [`${prefix}_section_name`]: resource.section,
  };
}
