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
 * | `GET /me` | {@link MeView}; also for who has not signed in |
 * | `PUT /session` {@link SignInRequest} | MeView, and a cookie that signs in; 401 for a token the cluster does not know |
 * | `DELETE /session` | 204, and the cookie is gone |
 * | `GET /rights/:ns` | {@link RightsView} |
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

/** Who the server takes the asking person for. */
export interface MeView {
  readonly name: string;
  /**
   * `local`: a laptop's only person. `token`, `proxied`: known to the cluster. `anonymous`: may read only. `nobody`:
   * must sign in first.
   */
  readonly kind: 'local' | 'token' | 'proxied' | 'anonymous' | 'nobody';
  readonly groups: readonly string[];
  /** Why the credentials that came do not count; null otherwise. */
  readonly refused: string | null;
}

export interface SignInRequest {
  /** A token of the cluster, as `kubectl create token` prints it. */
  readonly token: string;
}

/** Something a person may do or not, and the right in the cluster that it takes. */
export interface Right {
  readonly action: 'inject' | 'restart' | 'edit-routes' | 'tap' | 'read-log';
  readonly allowed: boolean;
  /** `patch deployments.apps` */
  readonly needs: string;
  /** The command that tells the same. */
  readonly check: string;
}

export interface RightsView {
  readonly person: string;
  readonly namespace: string;
  readonly rights: readonly Right[];
}
