/**
 * The controller's REST API, JSON, under `/api/v1` of the dashboard's own origin. Errors are `{"error": ErrorBody}` with
 * the status of STATUS_OF. Changes need `content-type: application/json` and a same-origin or absent `Origin`.
 *
 * | request | answer |
 * |---|---|
 * | `GET /version` | {@link VersionView} |
 * | `GET /overview` | OverviewView |
 * | `GET /map` | MapView |
 * | `GET /workloads/:ns/:kind/:name` | WorkloadView |
 * | `GET /workloads/:ns/:kind/:name/why` | WhyView |
 * | `GET /workloads/:ns/:kind/:name/inject-plan?to=enabled\|disabled` | InjectPlan |
 * | `PUT /workloads/:ns/:kind/:name/inject` InjectRequest | RolloutView (202) |
 * | `GET /series?resource=KEY&rangeSeconds=900&stepSeconds=5` | SeriesPoint[] |
 * | `GET /services/:ns/:name/routes` | RoutesView |
 * | `GET /profiles/:ns/:name` | StoredProfile; version 0 and no routes where none is stored |
 * | `PUT /profiles/:ns/:name` {@link SaveProfileRequest} | StoredProfile; 400 with issues, 409 on a stale version |
 * | `DELETE /profiles/:ns/:name?baseVersion=N` | 204 |
 * | `POST /profiles/:ns/:name/validate` `{spec}` | `{issues: Issue[]}`; saves nothing |
 * | `GET /changes?limit=50` | ChangeEvent[] |
 * | `GET /pods/:ns/:name/log?container=app\|proxy&tailLines=200` | text |
 */
import type { ServiceProfileSpec } from '../profile/service-profile.ts';

export const API_PREFIX = '/api/v1';

export interface VersionView {
  readonly version: string;
  readonly platform: 'local' | 'kubernetes';
  readonly startedAtMs: number;
  readonly trustDomain: string;
}

export interface SaveProfileRequest {
  /** Version the change was made from; 0 for a new profile. */
  readonly baseVersion: number;
  readonly spec: ServiceProfileSpec;
}
