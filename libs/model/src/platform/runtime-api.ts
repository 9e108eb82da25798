/**
 * The laptop runtime's API: HTTP on a Unix socket, JSON bodies, errors as `{"error": ErrorBody}`. It stands where the
 * Kubernetes API stands in a cluster; only the controller's `platform/local` speaks it.
 *
 * | request | answer |
 * |---|---|
 * | `GET /v1/state` | {@link PlatformState} |
 * | `GET /v1/watch` | newline-delimited {@link PlatformState}: the state now, then one line per change, at most 20 a second |
 * | `PUT /v1/workloads/:ns/:kind/:name/inject` {@link InjectRequest} | {@link RolloutState}; 409 while one is under way |
 * | `POST /v1/workloads/:ns/:kind/:name/restart` | {@link RolloutState} |
 * | `POST /v1/token-reviews` {@link TokenReviewRequest} | {@link TokenReview} |
 * | `POST /v1/sources` {@link SourcesRequest} | {@link SourcesReply} |
 * | `GET /v1/pods/:ns/:name/log?tailLines=100&container=app` (container: app or proxy) | text, newest last |
 */
import type { PodRef, ServiceRef, WorkloadRef } from '../resource/resource-ref.ts';

export interface InjectRequest {
  readonly inject: 'enabled' | 'disabled';
}
export interface TokenReviewRequest {
  readonly token: string;
  readonly audience: string;
}
export type TokenReview =
  | { readonly authenticated: false; readonly reason: string }
  | {
      readonly authenticated: true;
      readonly namespace: string;
      readonly serviceAccount: string;
      readonly pod: PodRef;
    };

/** Asks which instances own these client-side `ip:port`s (connections of unmeshed instances, forwarded by the runtime). */
export interface SourcesRequest {
  readonly addresses: readonly string[];
}
export interface SourcesReply {
  /** One entry per address that is known; the others are left out. */
  readonly sources: Readonly<Record<string, SourceInstance>>;
  /** Connections that instances outside the mesh hold open to services now. */
  readonly plainConnections: readonly PlainConnections[];
}
export interface SourceInstance {
  readonly pod: PodRef;
  readonly workload: WorkloadRef;
}
export interface PlainConnections {
  readonly from: WorkloadRef;
  readonly service: ServiceRef;
  readonly toPod: PodRef;
  readonly open: number;
}
