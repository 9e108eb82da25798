import type { inbound } from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';
import { resourceName, shortLabels } from './meta-labels.ts';
import { PolicyFault } from './policy-fault.ts';

/** Which limit a request ran into. */
export type RateLimitScope = 'total' | 'identity';

/** Clients told apart at once. Past it those whose bucket is full again are forgotten, and then new ones share a bucket. */
const MAX_CLIENTS = 10_000;

/** So many requests a second, all of a second's at once if it was quiet before (a token bucket as a virtual clock). */
class Bucket {
  readonly #intervalMs: number;
  /** When the bucket will be full again. */
  fullAtMs = -Infinity;

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  take(nowMs: number): boolean {
    const next = Math.max(this.fullAtMs, nowMs) + this.#intervalMs;
    // A rounding error of thirds must not cost a request.
    if (next - nowMs > 1000 + 1e-6) return false;
    this.fullAtMs = next;
    return true;
  }
}

/** Limits the rate of requests to one port (linkerd2-proxy local_rate_limit.rs). */
export class LocalRateLimit {
  /** `ratelimit_group`, `ratelimit_kind`, `ratelimit_name`. */
  readonly labels: Labels;
  readonly #total: Bucket | null;
  readonly #perIdentity: number;
  readonly #byIdentity = new Map<string, Bucket>();
  readonly #overrides = new Map<string, Bucket>();

  /** @throws PolicyFault for a limit of 0. */
  constructor(message: inbound.HttpLocalRateLimit) {
    this.labels = shortLabels('ratelimit', resourceName(message.metadata));
    this.#total = message.total === undefined ? null : new Bucket(perSecond(message.total));
    this.#perIdentity = message.identity === undefined ? 0 : perSecond(message.identity);
    for (const { limit, clients } of message.overrides) {
      if (limit === undefined) continue;
      const bucket = new Bucket(perSecond(limit));
      for (const { name } of clients?.identities ?? []) this.#overrides.set(name, bucket);
    }
  }

  /** Takes one request. Null: it may pass. @param clientId '' for clients without one, who share a bucket. */
  check(clientId: string, nowMs: number): RateLimitScope | null {
    if (this.#total !== null && !this.#total.take(nowMs)) return 'total';
    const override = this.#overrides.get(clientId);
    if (override !== undefined) return override.take(nowMs) ? null : 'identity';
    if (this.#perIdentity === 0) return null;
    return this.#bucketOf(clientId, nowMs).take(nowMs) ? null : 'identity';
  }

  #bucketOf(clientId: string, nowMs: number): Bucket {
    let bucket = this.#byIdentity.get(clientId);
    if (bucket !== undefined) return bucket;
    if (this.#byIdentity.size >= MAX_CLIENTS) {
      for (const [id, each] of this.#byIdentity) {
        if (each.fullAtMs <= nowMs) this.#byIdentity.delete(id);
      }
    }
    const key = this.#byIdentity.size >= MAX_CLIENTS ? '' : clientId;
    bucket = this.#byIdentity.get(key) ?? new Bucket(this.#perIdentity);
    this.#byIdentity.set(key, bucket);
    return bucket;
  }
}

function perSecond({ requestsPerSecond }: inbound.HttpLocalRateLimit_Limit): number {
  if (requestsPerSecond === 0) throw new PolicyFault('a rate limit allows 0 requests a second');
  return requestsPerSecond;
}
