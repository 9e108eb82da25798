import type { MapEdge } from '@tulle/model';
import { bytes, milliseconds, percent, perSecond, plain } from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import { shortIdentity } from '@/lib/format/identity.ts';

/** Colour means health: HTTP by its success, TCP blue, plain text without numbers grey. */
export type EdgeTone = 'well' | 'degraded' | 'failing' | 'tcp' | 'quiet';

export interface EdgeLook {
  readonly tone: EdgeTone;
  /** Pixels: grows with the logarithm of the rate, so that 1/s and 10,000/s both can be seen. */
  readonly width: number;
  readonly locked: boolean;
  readonly dashed: boolean;
  /** "11.2 /s, 14.8 % fail" */
  readonly label: string;
}

const MIN_WIDTH = 1.4;
const MAX_WIDTH = 7;
const WELL_FROM = 0.99;
const FAILING_BELOW = 0.9;

export function edgeLook(edge: MapEdge): EdgeLook {
  return {
    tone: toneOf(edge),
    width: widthOf(edge),
    locked: edge.security === 'mutual-tls',
    dashed: edge.security === 'plain',
    label: [rateOf(edge), noteOf(edge)].filter((part) => part !== null).join(', '),
  };
}

function toneOf({ golden, tcp }: MapEdge): EdgeTone {
  const rate = golden?.successRate ?? null;
  if (rate === null) return tcp === null || tcp.openConnections === 0 ? 'quiet' : 'tcp';
  if (rate < FAILING_BELOW) return 'failing';
  return rate < WELL_FROM ? 'degraded' : 'well';
}

function widthOf({ golden, tcp }: MapEdge): number {
  const kilobytes = ((tcp?.readBytesPerSecond ?? 0) + (tcp?.writeBytesPerSecond ?? 0)) / 1000;
  const weight = golden?.requestsPerSecond ?? kilobytes;
  return Math.min(MAX_WIDTH, MIN_WIDTH + Math.log10(1 + weight) * 1.6);
}

function rateOf({ golden, tcp }: MapEdge): string | null {
  if (golden?.successRate != null) return plain(perSecond(golden.requestsPerSecond));
  if (tcp === null) return null;
  return countOf(tcp.openConnections, 'connection');
}

function noteOf({ golden, security }: MapEdge): string | null {
  if (golden !== null && golden.failureCount > 0 && golden.successRate !== null) {
    return `${plain(percent(1 - golden.successRate))} fail`;
  }
  if (security === 'plain') return 'plain text';
  if (golden?.latencyP95Ms == null) return null;
  return plain(milliseconds(golden.latencyP95Ms));
}

/** The edge in sentences: "11 requests/s, 85.2 % succeed, P95 4 ms. Mutual TLS between web.emojivoto and …". */
export function edgeSentence(edge: MapEdge): string {
  return `${trafficSentence(edge)} ${securitySentence(edge)}`;
}

function trafficSentence({ golden, tcp }: MapEdge): string {
  if (golden?.successRate != null) {
    const rate = `${perSecondFigure(golden.requestsPerSecond)} requests/s`;
    const p95 =
      golden.latencyP95Ms === null ? '' : `, P95 ${plain(milliseconds(golden.latencyP95Ms))}`;
    return `${rate}, ${plain(percent(golden.successRate))} succeed${p95}.`;
  }
  if (tcp === null) return 'Nothing was answered in the last minute.';
  const { openConnections, readBytesPerSecond, writeBytesPerSecond } = tcp;
  const moved = plain(bytes(readBytesPerSecond + writeBytesPerSecond, '/s'));
  return `${countOf(openConnections, 'open connection')}, ${moved}.`;
}

function perSecondFigure(rate: number): string {
  return plain(perSecond(rate)).replace(/ ?\/s$/, '');
}

function securitySentence({
  security,
  clientIdentity,
  serverIdentity,
  plainReason,
}: MapEdge): string {
  switch (security) {
    case 'mutual-tls':
      return clientIdentity === null || serverIdentity === null
        ? 'Mutual TLS.'
        : `Mutual TLS between ${shortIdentity(clientIdentity)} and ${shortIdentity(serverIdentity)}.`;
    case 'plain':
      return `Plain text${plainReason === null ? '' : `: ${plainReason.replace(/\.$/, '')}`}.`;
    case 'mixed':
      return `Some connections are mutual TLS, some are not${plainReason === null ? '' : `: ${plainReason.replace(/\.$/, '')}`}.`;
  }
}
