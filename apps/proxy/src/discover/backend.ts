import { formatHostPort, fromTcpAddress, type Update } from '@tulle/proxy-api';
import { MetricScope, type Labels, type Logger } from '@tulle/telemetry';
import { Balancer } from '../balance/balancer.ts';
import { FailureBreaker, type BreakerOptions } from '../balance/failure-breaker.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { LoadOptions } from '../balance/load-penalty.ts';
import type { OutboundConfig } from '../config/proxy-config.ts';
import { BalancerMetrics } from '../observe/balancer-metrics.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import type { Picker } from './distribution.ts';
import type { DestinationClient } from './destination-client.ts';
import {
  describeEndpoint,
  descriptionKey,
  makeOutboundEndpoint,
  type EndpointDescription,
} from './endpoint-factory.ts';

/** Where an outbound target's requests go. */
export interface Backend extends Picker {
  close(): void;
}

export interface BackendContext {
  readonly config: OutboundConfig;
  /** Addresses of this workload. */
  readonly ownIps: ReadonlySet<string>;
  readonly client: DestinationClient;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** One address: the original destination, or the instance the profile names. Always tried. */
export function forwardBackend(description: EndpointDescription, context: BackendContext): Backend {
  const endpoint = makeOutboundEndpoint(description, null, context.metrics, context.now());
  return {
    pick: () => endpoint,
    wait: () => Promise.resolve(endpoint),
    pickAgain: () => null,
    close: () => endpoint.retire(),
  };
}

/** Forward backends with the same key are the same. */
export function forwardKey(description: EndpointDescription): string {
  return `forward ${descriptionKey(description)}`;
}

export interface BalanceOptions {
  /** `name:port`, what the controller is asked. */
  readonly authority: string;
  /** The `authority` label: the service called, of which this one may get only a share. */
  readonly logical: string;
  /** Null: endpoints are judged by connecting alone. */
  readonly breaker: BreakerOptions | null;
  readonly load: LoadOptions;
}

/** Under what name a balancer is counted: the first user's, where several share it. */
export interface BalanceNames {
  readonly protocol: 'http' | 'tcp' | 'tls';
  /** `parent_*` and `backend_*`. */
  readonly labels: Labels;
}

/** A service: the endpoints the controller names, balanced. */
export function balanceBackend(
  options: BalanceOptions,
  names: BalanceNames,
  context: BackendContext,
): Backend {
  const { authority } = options;
  const { config, log, now, random, client } = context;
  const scope = new MetricScope();
  const balancer = new Balancer({
    name: authority,
    queue: config.queue,
    backoff: config.connectBackoff,
    metrics: new BalancerMetrics(
      context.metrics.balancers[names.protocol],
      names.labels,
      scope,
      config.queue.failfastTimeoutMs,
    ),
    log,
    now,
    random,
  });
  const known = new EndpointSet(options, context);
  const stop = client.watchEndpoints(authority, (update, isFirst) => {
    const retired = known.apply(update, isFirst);
    balancer.replace(known.endpoints, isFirst);
    // After the swap: nothing picks an endpoint that is being retired.
    for (const endpoint of retired) endpoint.retire();
    log.debug({ service: authority, endpoints: known.endpoints.length }, 'endpoints changed');
  });
  return {
    pick: () => balancer.pick(),
    wait: () => balancer.wait(),
    pickAgain: () => balancer.pick(),
    close: () => {
      stop();
      balancer.close();
      scope.close();
      for (const endpoint of known.endpoints) endpoint.retire();
    },
  };
}

/** Balancing backends with the same key are the same. */
export function balanceKey(options: BalanceOptions): string {
  return `balance ${JSON.stringify(options)}`;
}

/** Endpoints kept for one service; a controller that names more is ignored past it, and the log says so. */
const MAX_ENDPOINTS = 10_000;

/** The endpoints of a service by address, as the controller's updates make them. */
class EndpointSet {
  readonly #byAddress = new Map<string, { key: string; endpoint: LiveEndpoint }>();
  readonly #options: BalanceOptions;
  readonly #context: BackendContext;

  constructor(options: BalanceOptions, context: BackendContext) {
    this.#options = options;
    this.#context = context;
  }

  get endpoints(): readonly LiveEndpoint[] {
    return [...this.#byAddress.values()].map((each) => each.endpoint);
  }

  /** Gives the endpoints that are no longer there, for the caller to retire. */
  apply(update: Update | null, isFirst: boolean): LiveEndpoint[] {
    const retired: LiveEndpoint[] = [];
    const named = new Set<string>();
    switch (update?.update.case) {
      case 'add': {
        const { addrs, metricLabels } = update.update.value;
        for (const weighted of addrs) {
          const description = describeEndpoint(weighted, metricLabels, this.#context.ownIps);
          if (description !== null) named.add(this.#put(description, retired));
        }
        if (isFirst) this.#keepOnly(named, retired);
        return retired;
      }
      case 'remove':
        for (const address of update.update.value.addrs) {
          const at = fromTcpAddress(address);
          if (at !== null) this.#drop(formatHostPort(at.host, at.port), retired);
        }
        if (isFirst) this.#keepOnly(named, retired);
        return retired;
      default:
        this.#keepOnly(named, retired);
        return retired;
    }
  }

  #put(description: EndpointDescription, retired: LiveEndpoint[]): string {
    const { host, port } = description.address;
    const at = formatHostPort(host, port);
    const key = descriptionKey(description);
    const existing = this.#byAddress.get(at);
    if (existing?.key === key) return at;
    if (existing !== undefined) retired.push(existing.endpoint);
    else if (this.#byAddress.size >= MAX_ENDPOINTS) {
      this.#context.log.warn(
        { service: this.#options.authority, limit: MAX_ENDPOINTS },
        'too many endpoints',
      );
      return at;
    }
    const { metrics, now } = this.#context;
    const { logical, breaker, load } = this.#options;
    const endpoint = makeOutboundEndpoint(description, logical, metrics, now(), load);
    if (breaker !== null) endpoint.breaker = new FailureBreaker(breaker);
    this.#byAddress.set(at, { key, endpoint });
    return at;
  }

  #drop(at: string, retired: LiveEndpoint[]): void {
    const existing = this.#byAddress.get(at);
    if (existing === undefined) return;
    this.#byAddress.delete(at);
    retired.push(existing.endpoint);
  }

  #keepOnly(named: ReadonlySet<string>, retired: LiveEndpoint[]): void {
    for (const at of this.#byAddress.keys()) {
      if (!named.has(at)) this.#drop(at, retired);
    }
  }
}
