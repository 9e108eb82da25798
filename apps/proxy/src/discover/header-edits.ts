import type { HeaderEdit } from '../stack/http-service.ts';

/** Fields the mesh speaks to itself with. What an outsider puts in them must not be believed. */
const MESH_FIELDS: readonly string[] = [
  'l5d-client-id',
  'l5d-server-id',
  'l5d-remote-ip',
  'l5d-dst-canonical',
  'l5d-dst-override',
  'l5d-require-id',
  'l5d-orig-proto',
  'l5d-proxy-error',
  'l5d-proxy-connection',
  'l5d-retry-http',
  'l5d-retry-grpc',
  'l5d-retry-limit',
  'l5d-retry-timeout',
  'l5d-timeout',
  'l5d-request-timeout',
  'l5d-response-timeout',
];

/** Outbound: the service's name goes along, so that the other side finds the same profile. */
export function outboundEdit(authority: string | null): HeaderEdit {
  return {
    strip: MESH_FIELDS,
    set: authority === null ? [] : [['l5d-dst-canonical', authority]],
  };
}

/** Inbound: the application learns who its client is from us alone. A meshed client's service name is passed on. */
export function inboundEdit(clientId: string | null): HeaderEdit {
  if (clientId === null) return { strip: MESH_FIELDS, set: [] };
  return {
    strip: MESH_FIELDS.filter((name) => name !== 'l5d-dst-canonical'),
    set: [['l5d-client-id', clientId]],
  };
}
