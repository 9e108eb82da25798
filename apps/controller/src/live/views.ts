import type {
  MapView,
  OverviewView,
  RolloutView,
  RoutesView,
  SeriesPoint,
  ServiceRef,
  ResourceRef,
  WorkloadRef,
  WhyView,
  WorkloadView,
} from '@tulle/model';

/** The views as the REST API asks for them: computed now, from what is in memory. */
export interface Views {
  overview(): OverviewView;
  map(): MapView;
  /** Null for a workload the platform does not know. */
  workload(workload: WorkloadRef): WorkloadView | null;
  /** Null for a workload the platform does not know. */
  why(workload: WorkloadRef): WhyView | null;
  /** @returns `rollout: null` where none has happened or the workload is unknown */
  rollout(workload: WorkloadRef): RolloutView;
  /** Null for a service the platform does not know. */
  routes(service: ServiceRef): RoutesView | null;
  /** Oldest first, at most 2,000 points; empty for a resource without any series. */
  series(
    resource: ResourceRef,
    rangeSeconds: number,
    stepSeconds: number,
  ): readonly SeriesPoint[] | Promise<readonly SeriesPoint[]>;
}
