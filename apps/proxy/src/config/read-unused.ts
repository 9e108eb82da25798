import { isIP } from 'node:net';
import { parseHostPort } from '@tulle/proxy-api';
import type { EnvReader } from './env-reader.ts';
import { splitList } from './ip-networks.ts';

type Kind = 'duration' | 'count' | 'flag' | 'address' | 'text';

const directions = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [`INBOUND_${name}`, `OUTBOUND_${name}`]);

/**
 * Variables of linkerd2-proxy that change nothing here: HTTP/2 windows and limits are our own, one thread does all work, the
 * system resolves names, nothing is traced, this is no gateway. Their values are checked all the same.
 */
const UNUSED: Readonly<Record<Kind, readonly string[]>> = {
  duration: [
    ...directions('ACCEPT_USER_TIMEOUT', 'CONNECT_USER_TIMEOUT'),
    ...directions('SERVER_HTTP2_KEEP_ALIVE_INTERVAL', 'SERVER_HTTP2_KEEP_ALIVE_TIMEOUT'),
    'OUTBOUND_TCP_FAILFAST_TIMEOUT',
    'DNS_MIN_TTL',
    'DNS_MAX_TTL',
  ],
  count: [
    ...directions(
      'SERVER_HTTP2_MAX_CONCURRENT_STREAMS',
      'SERVER_HTTP2_MAX_FRAME_SIZE',
      'SERVER_HTTP2_MAX_HEADER_LIST_SIZE',
      'SERVER_HTTP2_MAX_PENDING_ACCEPT_RESET_STREAMS',
      'SERVER_HTTP2_MAX_SEND_BUF_SIZE',
      'SERVER_HTTP2_INITIAL_STREAM_WINDOW_SIZE',
      'SERVER_HTTP2_INITIAL_CONNECTION_WINDOW_SIZE',
    ),
    'HTTP2_INITIAL_STREAM_WINDOW_SIZE',
    'HTTP2_INITIAL_CONNECTION_WINDOW_SIZE',
    'OUTBOUND_TCP_QUEUE_CAPACITY',
    'CORES',
    'CORES_MIN',
    'CORES_MAX',
  ],
  flag: [
    ...directions('SERVER_HTTP2_ADAPTIVE_FLOW_CONTROL'),
    // Clients choose hosts: they name no series here.
    'OUTBOUND_METRICS_HOSTNAME_LABELS',
  ],
  address: ['TRACE_COLLECTOR_SVC_ADDR'],
  text: [
    'CORES_MAX_RATIO',
    'INBOUND_GATEWAY_SUFFIXES',
    'INBOUND_METRICS_AUTHORITY_LABELS',
    'TRACE_COLLECTOR_SVC_NAME',
    'TRACE_ATTRIBUTES_PATH',
    'TRACE_EXTRA_ATTRIBUTES',
    'TRACE_SERVICE_NAME',
  ],
};

/** SPIRE would be another way to an identity, and there is none. */
const UNSUPPORTED = ['IDENTITY_SPIRE_WORKLOAD_API_ADDRESS', 'IDENTITY_SPIRE_SOCKET'];

/** Checks them, and gives the names of those that are set, for the log to say that they have no effect. */
export function readUnused(reader: EnvReader): string[] {
  for (const name of UNSUPPORTED) {
    if (reader.text(name) !== null) {
      reader.fault(name, 'is not supported: certificates come from the identity service');
    }
  }
  const kinds = Object.keys(UNUSED) as Kind[];
  return kinds.flatMap((kind) => UNUSED[kind].filter((name) => isSet(reader, kind, name)));
}

function isSet(reader: EnvReader, kind: Kind, name: string): boolean {
  const text = reader.text(name);
  if (text === null) return false;
  check(reader, kind, name, text);
  return true;
}

function check(reader: EnvReader, kind: Kind, name: string, text: string): void {
  switch (kind) {
    case 'duration':
      reader.optionalDurationMs(name);
      return;
    case 'count':
      reader.optionalInteger(name);
      return;
    case 'flag':
      reader.flag(name);
      return;
    case 'address':
      if (parseHostPort(text.trim()) === null) reader.fault(name, `"${text}" is no address`);
      return;
    case 'text':
  }
}

/** The addresses of a list, without those that are none. */
export function readIps(reader: EnvReader, name: string): Set<string> {
  const ips = splitList(reader.text(name) ?? '');
  for (const ip of ips) if (isIP(ip) === 0) reader.fault(name, `"${ip}" is no IP address`);
  return new Set(ips);
}
