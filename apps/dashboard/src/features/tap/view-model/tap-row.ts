/** One exchange as a row and its details read it. */
import { GRPC_STATUS_NAMES, isFailure } from '@tulle/model';
import type { ResourceRef, TapExchange, TapPeer } from '@tulle/model';

/** The workload's name; the pod's or the address where nobody could name it. */
export function peerName({ workload, pod, address }: TapPeer): string {
  return workload?.name ?? pod?.name ?? address;
}

/** "vote-bot-1": the instance, or what is known of it. */
export function instanceName({ pod, workload, address }: TapPeer): string {
  return pod?.name ?? workload?.name ?? address;
}

/** gRPC paths lose their package: `/emojivoto.v1.VotingService/VoteJoy` → `VotingService/VoteJoy`. */
export function shortPath({ path, grpcStatus, requestHeaders }: TapExchange): string {
  const grpc = grpcStatus !== null || requestHeaders.some(isGrpcType);
  const parts = grpc ? /^\/(?:[\w.]+\.)?(\w+\/\w+)$/.exec(path) : null;
  return parts?.[1] ?? readable(path);
}

/** `%3Ajoy%3A` → `:joy:`, where what is escaped can be shown in a line; the exchange's pane has it as sent. */
function readable(path: string): string {
  if (!path.includes('%')) return path;
  try {
    const decoded = decodeURIComponent(path);
    return /[\p{C}\p{Z}]/u.test(decoded) ? path : decoded;
  } catch {
    return path;
  }
}

function isGrpcType([name, value]: readonly [string, string]): boolean {
  return name === 'content-type' && value.startsWith('application/grpc');
}

export interface StatusText {
  readonly text: string;
  readonly tone: 'plain' | 'bad' | 'quiet';
}

/** "500", "Unknown", "reset", "waiting": what became of it. */
export function statusOf(exchange: TapExchange): StatusText {
  const { outcome, grpcStatus, httpStatus } = exchange;
  const tone = isFailure(exchange) ? 'bad' : 'plain';
  if (outcome.kind === 'reset') return { text: 'reset', tone: 'bad' };
  if (grpcStatus !== null) {
    return { text: GRPC_STATUS_NAMES[grpcStatus] ?? String(grpcStatus), tone };
  }
  if (httpStatus !== null) return { text: String(httpStatus), tone };
  return { text: outcome.kind === 'pending' ? 'waiting' : 'no answer', tone: 'quiet' };
}

/** Parts of the phases bar, as fractions of the widest latency shown. */
export interface Phases {
  readonly waiting: number;
  readonly body: number;
}

export function phasesOf({ latencyMs, durationMs }: TapExchange, widestMs: number): Phases {
  if (latencyMs === null || widestMs <= 0) return { waiting: 0, body: 0 };
  const waiting = Math.min(1, latencyMs / widestMs);
  const bodyMs = Math.max(0, (durationMs ?? latencyMs) - latencyMs);
  return { waiting, body: Math.min(1 - waiting, bodyMs / widestMs) };
}

/** 14:15:32.980 in the reader's zone. */
export function clockWithMs(atMs: number): string {
  const at = new Date(atMs);
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${text}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** "mutual TLS" or "plain text, because …". */
export function securityText({ security }: TapExchange): string {
  if (security.kind === 'mutual-tls') return 'mutual TLS';
  const reason = PLAIN_REASONS[security.reason] ?? security.reason.replaceAll('_', ' ');
  return reason === '' ? 'plain text' : `plain text: ${reason}`;
}

/** Linkerd's `no_tls_reason` in words. */
const PLAIN_REASONS: Readonly<Record<string, string>> = {
  no_tls_from_remote: 'the caller sent no TLS',
  not_provided_by_service_discovery: 'the callee is outside the mesh',
  loopback: 'within one instance',
  port_skipped: 'the port is skipped',
  disabled: 'switched off',
};

/** The filter that shows only this kind of request: "Only these". */
export function similarFilter(exchange: TapExchange): string {
  const path = exchange.path.split('?')[0] ?? '';
  const quoted = /[\s",]/.test(path) ? `"${path}"` : path;
  return `method:${exchange.method} path:${quoted}`;
}

/** Resources whose page one can open from a row. */
export function workloadOfPeer({ workload }: TapPeer): ResourceRef | null {
  return workload;
}
