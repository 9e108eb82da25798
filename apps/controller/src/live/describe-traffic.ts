import { GRPC_STATUS_NAMES } from '@tulle/model';
import type { SeenRequest } from '../tap/index.ts';

/** `/emojivoto.v1.VotingService/VoteDoughnut` → `VoteDoughnut`; an HTTP path or a route's name stays as it is. */
export function nameOfTraffic({ route, path, grpcStatus }: SeenRequest): string {
  if (route !== null) return route;
  return grpcStatus === null ? path : path.slice(path.lastIndexOf('/') + 1);
}

/** `gRPC Unknown`, `500`, or `reset` where no status came. */
export function statusOfTraffic({ grpcStatus, httpStatus }: SeenRequest): string {
  if (grpcStatus !== null) return `gRPC ${GRPC_STATUS_NAMES[grpcStatus] ?? String(grpcStatus)}`;
  return httpStatus === null ? 'reset' : String(httpStatus);
}

/** Sums counts by a name, most first. */
export function countBy(
  rows: readonly SeenRequest[],
  nameOf: (row: SeenRequest) => string,
): readonly (readonly [name: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + row.count);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** 0.1481 → `14.8 %`; 1 → `100 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value === 100 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}
