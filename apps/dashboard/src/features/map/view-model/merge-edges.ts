import type { GoldenMetrics, MapEdge, TcpMetrics } from '@tulle/model';

/** Two edges drawn as one line: counts add up; quantiles cannot be, so the slower one's stand. */
export function mergeEdges(a: MapEdge, b: MapEdge): MapEdge {
  return {
    from: a.from,
    to: a.to,
    golden: mergeGolden(a.golden, b.golden),
    tcp: mergeTcp(a.tcp, b.tcp),
    security: a.security === b.security ? a.security : 'mixed',
    clientIdentity: a.clientIdentity === b.clientIdentity ? a.clientIdentity : null,
    serverIdentity: a.serverIdentity === b.serverIdentity ? a.serverIdentity : null,
    plainReason: a.plainReason ?? b.plainReason,
  };
}

function mergeGolden(a: GoldenMetrics | null, b: GoldenMetrics | null): GoldenMetrics | null {
  if (a === null || b === null) return a ?? b;
  const successCount = a.successCount + b.successCount;
  const failureCount = a.failureCount + b.failureCount;
  const answered = successCount + failureCount;
  return {
    successCount,
    failureCount,
    successRate: answered === 0 ? null : successCount / answered,
    requestsPerSecond: a.requestsPerSecond + b.requestsPerSecond,
    latencyP50Ms: slower(a.latencyP50Ms, b.latencyP50Ms),
    latencyP95Ms: slower(a.latencyP95Ms, b.latencyP95Ms),
    latencyP99Ms: slower(a.latencyP99Ms, b.latencyP99Ms),
  };
}

function mergeTcp(a: TcpMetrics | null, b: TcpMetrics | null): TcpMetrics | null {
  if (a === null || b === null) return a ?? b;
  return {
    openConnections: a.openConnections + b.openConnections,
    readBytesPerSecond: a.readBytesPerSecond + b.readBytesPerSecond,
    writeBytesPerSecond: a.writeBytesPerSecond + b.writeBytesPerSecond,
  };
}

function slower(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
