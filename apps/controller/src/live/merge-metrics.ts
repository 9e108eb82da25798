import type { GoldenMetrics, TcpMetrics } from '@tulle/model';

/** Two numbers of disjoint traffic as one. Quantiles cannot be added: those of the busier part are taken. */
export function mergeGolden(
  a: GoldenMetrics | null,
  b: GoldenMetrics | null,
): GoldenMetrics | null {
  if (a === null || b === null) return a ?? b;
  const busier = a.requestsPerSecond >= b.requestsPerSecond ? a : b;
  const successCount = a.successCount + b.successCount;
  const failureCount = a.failureCount + b.failureCount;
  const answered = successCount + failureCount;
  return {
    ...busier,
    successCount,
    failureCount,
    successRate: answered === 0 ? null : successCount / answered,
    requestsPerSecond: a.requestsPerSecond + b.requestsPerSecond,
  };
}

export function mergeTcp(a: TcpMetrics | null, b: TcpMetrics | null): TcpMetrics | null {
  if (a === null || b === null) return a ?? b;
  return {
    openConnections: a.openConnections + b.openConnections,
    readBytesPerSecond: a.readBytesPerSecond + b.readBytesPerSecond,
    writeBytesPerSecond: a.writeBytesPerSecond + b.writeBytesPerSecond,
  };
}
