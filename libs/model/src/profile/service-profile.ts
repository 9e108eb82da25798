/** ServiceProfile `linkerd.io/v1alpha2`, the spec part, field for field as the CRD has it. */
export interface ServiceProfileSpec {
  readonly routes: readonly RouteSpec[];
  readonly retryBudget?: RetryBudgetSpec;
  /** Other services that get a part of the traffic. */
  readonly dstOverrides?: readonly DstOverrideSpec[];
  /** Ports of the service that carry bytes nobody should look into. */
  readonly opaquePorts?: readonly number[];
}

export interface DstOverrideSpec {
  /** `web-v2.emojivoto.svc.cluster.local`, with or without a port. */
  readonly authority: string;
  /** Share against the other overrides' weights, as a Kubernetes quantity: `1`, `500m`. */
  readonly weight: number | string;
}

export interface RouteSpec {
  readonly name: string;
  readonly condition: RequestMatchSpec;
  readonly responseClasses?: readonly ResponseClassSpec[];
  readonly isRetryable?: boolean;
  /** Go duration: `250ms`, `1s`, `1m30s`. */
  readonly timeout?: string;
}

export interface RequestMatchSpec {
  readonly pathRegex?: string;
  readonly method?: string;
  readonly all?: readonly RequestMatchSpec[];
  readonly any?: readonly RequestMatchSpec[];
  readonly not?: RequestMatchSpec;
}

export interface ResponseClassSpec {
  readonly condition: ResponseMatchSpec;
  readonly isFailure?: boolean;
}

export interface ResponseMatchSpec {
  readonly status?: { readonly min?: number; readonly max?: number };
  readonly all?: readonly ResponseMatchSpec[];
  readonly any?: readonly ResponseMatchSpec[];
  readonly not?: ResponseMatchSpec;
}

export interface RetryBudgetSpec {
  readonly retryRatio: number;
  readonly minRetriesPerSecond: number;
  /** Go duration, 1 s to 60 s. */
  readonly ttl: string;
}

/** A stored profile. `version` grows by one with every save; a save must name the version it was made from. */
export interface StoredProfile {
  readonly namespace: string;
  readonly service: string;
  readonly version: number;
  readonly spec: ServiceProfileSpec;
  readonly savedAtMs: number;
  readonly savedBy: string;
}
