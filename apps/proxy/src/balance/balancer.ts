import type { Logger } from '@tulle/telemetry';
import { backoffMs } from '../control/backoff.ts';
import type { Backoff, QueueConfig } from '../config/proxy-config.ts';
import type { BalancerMetrics } from '../observe/balancer-metrics.ts';
import type { EndpointOwner, LiveEndpoint } from './live-endpoint.ts';

export interface BalancerOptions {
  /** `name:port`, for the log. */
  readonly name: string;
  readonly queue: QueueConfig;
  readonly backoff: Backoff;
  readonly metrics: BalancerMetrics;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** Why no endpoint came: nothing became ready in time, or too many were waiting. */
export type NoEndpoint = 'failfast' | 'loadshed';

interface Waiter {
  readonly resolve: (answer: LiveEndpoint | NoEndpoint) => void;
  readonly sinceMs: number;
}

/** A probe that said nothing for this long counts as lost, and another request may try. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Chooses endpoints: of two ready ones taken at random the less loaded (power of two choices over peak EWMA). An endpoint
 * that cannot be connected to is kept out, and tried by one request at a time with growing pauses. While none is ready
 * requests wait; when that lasts longer than the failfast timeout all of them fail at once, and new ones do not wait.
 */
export class Balancer implements EndpointOwner {
  #ready: LiveEndpoint[] = [];
  #failing: LiveEndpoint[] = [];
  /** The earliest `retryAtMs` among the failing. */
  #nextProbeAtMs = Infinity;
  #waiters: Waiter[] = [];
  #isFailfast = false;
  #failfastTimer: NodeJS.Timeout | null = null;
  #probeTimer: NodeJS.Timeout | null = null;
  readonly #options: BalancerOptions;

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  /**
   * The endpoints there are now. Those that stay keep their state; the caller retires those that went.
   * @param isReset all that was known was said anew, rather than changed.
   */
  replace(endpoints: readonly LiveEndpoint[], isReset = false): void {
    this.#countChange(endpoints, isReset);
    this.#failing = endpoints.filter((endpoint) => endpoint.failures > 0);
    this.#ready = endpoints.filter((endpoint) => endpoint.failures === 0);
    for (const endpoint of endpoints) endpoint.owner = this;
    this.#countEndpoints();
    this.#scheduleProbe();
    this.#serveWaiters();
  }

  get endpoints(): readonly LiveEndpoint[] {
    return [...this.#ready, ...this.#failing];
  }

  /** The endpoint for one attempt, or null when none is ready: then {@link wait}. */
  pick(): LiveEndpoint | null {
    const picked = this.#choose();
    if (picked === null) return null;
    const { metrics } = this.#options;
    metrics.requests.value++;
    metrics.latency.observe(0);
    return picked;
  }

  #choose(): LiveEndpoint | null {
    const nowMs = this.#options.now();
    if (nowMs >= this.#nextProbeAtMs) {
      const probe = this.#takeProbe(nowMs);
      if (probe !== null) return probe;
    }
    const ready = this.#ready;
    if (ready.length === 0) return null;
    if (ready.length === 1) return ready[0] as LiveEndpoint;
    const first = Math.floor(this.#options.random() * ready.length);
    // From the others, so that the two are distinct.
    const step = 1 + Math.floor(this.#options.random() * (ready.length - 1));
    const one = ready[first] as LiveEndpoint;
    const other = ready[(first + step) % ready.length] as LiveEndpoint;
    return other.load(nowMs) < one.load(nowMs) ? other : one;
  }

  /** Resolves when an endpoint is ready, or with why none will be. Never rejects. */
  wait(): Promise<LiveEndpoint | NoEndpoint> {
    const { metrics, now } = this.#options;
    metrics.requests.value++;
    if (this.#isFailfast) return Promise.resolve('failfast');
    if (this.#waiters.length >= this.#options.queue.capacity) return Promise.resolve('loadshed');
    this.#failfastTimer ??= setTimeout(
      () => this.#enterFailfast(),
      this.#options.queue.failfastTimeoutMs,
    ).unref();
    const { promise, resolve } = Promise.withResolvers<LiveEndpoint | NoEndpoint>();
    this.#waiters.push({ resolve, sinceMs: now() });
    metrics.waiting.value = this.#waiters.length;
    this.#scheduleProbe();
    return promise;
  }

  endpointFailed(endpoint: LiveEndpoint, backoff = this.#options.backoff): void {
    const index = this.#ready.indexOf(endpoint);
    // Connections opened together fail together: only the first counts, and then each probe.
    if (index < 0 && !endpoint.isProbed) return;
    const nowMs = this.#options.now();
    const { random, log, name } = this.#options;
    endpoint.retryAtMs = nowMs + backoffMs(backoff, endpoint.failures, random());
    endpoint.failures++;
    endpoint.isProbed = false;
    if (index >= 0) {
      this.#ready.splice(index, 1);
      this.#failing.push(endpoint);
      this.#countEndpoints();
      log.debug(
        { service: name, endpoint: endpoint.host, port: endpoint.port },
        'endpoint failing',
      );
    }
    this.#scheduleProbe();
  }

  endpointReady(endpoint: LiveEndpoint): void {
    const index = this.#failing.indexOf(endpoint);
    if (index < 0) return;
    this.#failing.splice(index, 1);
    endpoint.failures = 0;
    endpoint.isProbed = false;
    this.#ready.push(endpoint);
    this.#countEndpoints();
    this.#scheduleProbe();
    this.#serveWaiters();
  }

  /** Fails what waits. The endpoints are the caller's to retire. */
  close(): void {
    this.#ready = [];
    this.#failing = [];
    this.#countEndpoints();
    this.#scheduleProbe();
    this.#failWaiters('failfast');
    this.#options.metrics.close();
  }

  #takeProbe(nowMs: number): LiveEndpoint | null {
    const probe = this.#failing.find((endpoint) => endpoint.retryAtMs <= nowMs);
    if (probe !== undefined) {
      probe.isProbed = true;
      probe.retryAtMs = nowMs + PROBE_TIMEOUT_MS;
    }
    this.#scheduleProbe();
    return probe ?? null;
  }

  /** A timer runs only while requests wait: otherwise the next request looks at the clock itself. */
  #scheduleProbe(): void {
    this.#nextProbeAtMs = this.#failing.reduce(
      (earliest, endpoint) => Math.min(earliest, endpoint.retryAtMs),
      Infinity,
    );
    if (this.#probeTimer !== null) clearTimeout(this.#probeTimer);
    this.#probeTimer = null;
    if (this.#waiters.length === 0 || this.#nextProbeAtMs === Infinity) return;
    const delayMs = Math.max(0, this.#nextProbeAtMs - this.#options.now());
    this.#probeTimer = setTimeout(() => this.#probeForWaiter(), Math.ceil(delayMs)).unref();
  }

  #probeForWaiter(): void {
    this.#probeTimer = null;
    const endpoint = this.#takeProbe(this.#options.now());
    if (endpoint === null) {
      this.#scheduleProbe();
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) this.#answer(waiter, endpoint);
  }

  #serveWaiters(): void {
    if (this.#ready.length === 0) return;
    if (this.#isFailfast) {
      this.#options.log.info({ service: this.#options.name }, 'ready again');
      this.#options.metrics.opened();
    }
    this.#isFailfast = false;
    this.#stopFailfastTimer();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) this.#answer(waiter, this.#choose() ?? 'failfast');
  }

  #enterFailfast(): void {
    this.#failfastTimer = null;
    this.#isFailfast = true;
    this.#options.metrics.shut();
    const { name, queue, log } = this.#options;
    log.warn(
      { service: name, waited: this.#waiters.length, afterMs: queue.failfastTimeoutMs },
      'no endpoint is ready: requests fail at once until one is',
    );
    this.#failWaiters('failfast');
  }

  #failWaiters(why: NoEndpoint): void {
    this.#stopFailfastTimer();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) this.#answer(waiter, why);
  }

  #answer({ resolve, sinceMs }: Waiter, answer: LiveEndpoint | NoEndpoint): void {
    const { metrics, now } = this.#options;
    metrics.latency.observe((now() - sinceMs) / 1000);
    metrics.waiting.value = this.#waiters.length;
    resolve(answer);
  }

  #countChange(endpoints: readonly LiveEndpoint[], isReset: boolean): void {
    const { metrics } = this.#options;
    if (isReset) metrics.reset.value++;
    const previous = new Set(this.endpoints);
    let kept = 0;
    for (const endpoint of endpoints) if (previous.has(endpoint)) kept++;
    metrics.added.value += endpoints.length - kept;
    metrics.removed.value += previous.size - kept;
  }

  #countEndpoints(): void {
    const { metrics } = this.#options;
    metrics.ready.value = this.#ready.length;
    metrics.pending.value = this.#failing.length;
    metrics.endpoints.value = this.#ready.length + this.#failing.length;
  }

  #stopFailfastTimer(): void {
    if (this.#failfastTimer !== null) clearTimeout(this.#failfastTimer);
    this.#failfastTimer = null;
  }
}
