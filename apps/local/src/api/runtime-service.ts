import type {
  InjectRequest,
  PlatformState,
  PodRef,
  RolloutState,
  SourcesReply,
  TokenReview,
  WorkloadRef,
} from '@tulle/model';

/** What the runtime's API asks of the runtime. */
export interface RuntimeService {
  state(): PlatformState;
  /** Called after each change; gives the function that stops it. */
  onChange(listener: () => void): () => void;
  /** @throws TulleError `not_found`, `conflict` */
  setInject(workload: WorkloadRef, inject: InjectRequest['inject']): RolloutState;
  /** @throws TulleError `not_found`, `conflict` */
  restart(workload: WorkloadRef): RolloutState;
  reviewToken(token: string, audience: string): TokenReview;
  sources(addresses: readonly string[]): SourcesReply;
  /** @throws TulleError `not_found` */
  podLog(pod: PodRef, container: 'app' | 'proxy', tailLines: number): string;
}
