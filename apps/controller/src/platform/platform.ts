import type {
  InjectRequest,
  PlatformState,
  PodRef,
  RolloutState,
  SourcesReply,
  TokenReview,
  WorkloadRef,
} from '@tulle/model';

/**
 * Who a change is made for, as headers of the Kubernetes API: the person's own token, or whom to impersonate. Absent:
 * this process itself. A laptop has one person only and takes no notice.
 */
export type OnBehalf = Readonly<Record<string, string | readonly string[]>>;

/**
 * What runs the workloads: the laptop's runtime (`local/`) or Kubernetes (`kubernetes/`). State is one immutable
 * snapshot, the last known kept while the platform cannot be reached.
 */
export interface Platform {
  /** The newest snapshot; before the first one arrived, an empty state with revision 0. */
  state(): PlatformState;
  /** False while the platform cannot be reached and `state` may be stale. */
  connected(): boolean;
  /** Called after every change of `state` or `connected`. Gives the function that stops it. */
  onChange(listener: () => void): () => void;
  /** @throws TulleError `not_found`, `conflict` while a rollout is under way, `permission_denied`, `unavailable`. */
  setInject(
    workload: WorkloadRef,
    inject: InjectRequest['inject'],
    as?: OnBehalf,
  ): Promise<RolloutState>;
  /** @throws TulleError as {@link setInject}. */
  restart(workload: WorkloadRef, as?: OnBehalf): Promise<RolloutState>;
  reviewToken(token: string, audience: string): Promise<TokenReview>;
  /** Which instances own these client-side `ip:port`s. Unknown ones are left out. */
  sources(addresses: readonly string[]): Promise<SourcesReply>;
  podLog(
    pod: PodRef,
    container: 'app' | 'proxy',
    tailLines: number,
    as?: OnBehalf,
  ): Promise<string>;
  close(): void;
}
