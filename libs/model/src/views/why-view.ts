import type { WorkloadRef } from '../resource/resource-ref.ts';
import type { FailureBreakdown, Provenance, WorkloadRow } from './views.ts';

/** What failures can be told apart by. */
export type WhyProperty = 'route' | 'status' | 'instance' | 'caller';

/** One value of a property among the requests sampled over the last 10 minutes. */
export interface WhyValue {
  /** "VoteDoughnut", "gRPC Unknown", "voting-2", "web". */
  readonly words: string;
  /** Sampled failures with it, and requests with it in all. */
  readonly failures: number;
  readonly requests: number;
  /** Of all sampled failures, 0 to 1. */
  readonly failureShare: number;
  /** Of all sampled requests, 0 to 1. */
  readonly requestShare: number;
  /** It has clearly more of the failures than of the requests. */
  readonly overRepresented: boolean;
  /** Filter of a tap that shows these failures. */
  readonly filter: string;
}

export interface WhyFacet {
  readonly property: WhyProperty;
  /** Those with most failures first, at most 8. */
  readonly values: readonly WhyValue[];
  /** Values with failures that are not among them. */
  readonly more: number;
}

/** A called workload whose own failures are among these. */
export interface WhyCallee {
  readonly workload: WorkloadRef;
  /** Failures of the window on the way to it. */
  readonly failures: number;
}

/** Topic `why`: what failed answers of one workload have in common. */
export interface WhyView {
  readonly provenance: Provenance;
  readonly row: WorkloadRow;
  /** Every failure of the window by who refused; the facets are of a sample. */
  readonly failures: FailureBreakdown;
  readonly sampledRequests: number;
  readonly sampledFailures: number;
  /** "100 % of the failures are VoteDoughnut (gRPC Unknown), on both instances. Since 14:02."; null when nothing failed. */
  readonly sentence: string | null;
  readonly facets: readonly WhyFacet[];
  /** Called workloads that failed it, most first. */
  readonly callees: readonly WhyCallee[];
}
