import type { PodRef, WorkloadRef } from '@tulle/model';

/** Requests of the last ten minutes that were alike, as a low-rate tap sampled them: a share, not a count of all. */
export interface SeenTraffic {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Name of the ServiceProfile route, null when none matched. */
  readonly route: string | null;
  readonly httpStatus: number | null;
  readonly grpcStatus: number | null;
  readonly failed: boolean;
  /** Instance that answered. */
  readonly pod: PodRef;
  readonly count: number;
}

/** What the tap's path sampler knows. Answers cost no I/O. */
export interface TrafficSeen {
  /** Inbound traffic of a workload, in no order, at most a few hundred rows; empty when none was sampled. */
  inbound(workload: WorkloadRef): readonly SeenTraffic[];
}
