import { Registry, type Counter, type Family, type Gauge } from '@tulle/telemetry';
import { balancerFamilies, type BalancerFamilies } from './balancer-metrics.ts';
import {
  connectionRouteFamilies,
  detectFamilies,
  type ConnectionRouteFamilies,
  type DetectFamilies,
} from './connection-metrics.ts';
import { inboundRouteFamilies, type InboundRouteFamilies } from './inbound-route-metrics.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { routePolicyFamilies, type RoutePolicyFamilies } from './route-policy-metrics.ts';
import { requestFamilies, type RequestFamilies } from './request-metrics.ts';
import { transportFamilies, type TransportFamilies } from './transport-metrics.ts';

export interface ProxyMetricsOptions {
  /** A series nobody uses is forgotten after this long. */
  readonly retainIdleMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly version: string;
}

/** All metric families of a proxy, named and labelled as linkerd2-proxy names and labels them. */
export interface ProxyMetrics {
  readonly registry: Registry;
  /** Per endpoint, or inbound per client identity: each attempt. */
  readonly http: RequestFamilies;
  /** Per route: each request once. */
  readonly route: RequestFamilies;
  /** Per route: each attempt. */
  readonly routeActual: RequestFamilies;
  /** Retries made; with `skipped` those that were not. */
  readonly routeRetryable: Family<Counter>;
  /** Per route and backend of outbound policies. */
  readonly routePolicy: Readonly<Record<'http' | 'grpc', RoutePolicyFamilies>>;
  /** Per route of inbound policies. */
  readonly inboundRoute: Readonly<Record<'http' | 'grpc', InboundRouteFamilies>>;
  readonly balancers: Readonly<Record<'http' | 'tcp' | 'tls', BalancerFamilies>>;
  readonly detect: Readonly<Record<'inbound' | 'outbound', DetectFamilies>>;
  readonly connectionRoutes: Readonly<Record<'tcp' | 'tls', ConnectionRouteFamilies>>;
  /** Outbound connections by what the policy says they speak. */
  readonly protocolConnections: Family<Counter>;
  /** Names of control services looked up, by `client`, `record_type` and `result`. */
  readonly dnsResolutions: Family<Counter>;
  /** Calls to the control plane. */
  readonly control: RequestFamilies;
  readonly transport: TransportFamilies;
  /** By `error`: failfast, loadshed, i/o, … */
  readonly httpErrors: Readonly<Record<'inbound' | 'outbound', Family<Counter>>>;
  readonly tcpErrors: Readonly<Record<'inbound' | 'outbound', Family<Counter>>>;
  readonly authzAllow: Family<Counter>;
  readonly authzDeny: Family<Counter>;
  readonly tcpAuthzAllow: Family<Counter>;
  readonly tcpAuthzDeny: Family<Counter>;
  /** Connections cut because a changed policy no longer allows them. */
  readonly tcpAuthzTerminate: Family<Counter>;
  readonly routeNotFound: Family<Counter>;
  /** Connections to the inbound port whose header was read, by what it says. */
  readonly transportHeaders: Family<Counter>;
  /** By `ratelimit_*` and `ratelimit_scope`. */
  readonly rateLimited: Family<Counter>;
  /** Tulle's own: requests refused because they were malformed, by `direction`, `status`, `reason`. */
  readonly malformed: Family<Counter>;
  /** Tulle's own: tap events a slow observer did not get. */
  readonly tapDropped: Counter;
  /** Tulle's own: inbound requests counted without a route because too many names are watched already. */
  readonly profilesRefused: Counter;
  readonly certExpiration: Gauge;
  readonly certRefreshed: Gauge;
  readonly certRefreshes: Family<Counter>;
}

/** Series one proxy keeps at most; at ~300 bytes each a limit of memory, reached only by runaway label values. */
const MAX_SERIES = 20_000;

/** Names all families. Once per process. */
export function createProxyMetrics(options: ProxyMetricsOptions): ProxyMetrics {
  const registry = new Registry({
    retainIdleMs: options.retainIdleMs,
    maxSeries: MAX_SERIES,
    now: options.now,
  });
  addProcessMetrics(registry);
  registry.gauge('proxy_build_info', 'Always 1; the labels say which build this is.').with({
    vendor: 'tulle',
    version: options.version,
    profile: 'release',
    date: '',
    git_sha: '',
  }).value = 1;
  const counter = (name: string, help: string): Family<Counter> => registry.counter(name, help);
  return {
    registry,
    http: requestFamilies(registry, '', 'through this proxy', true),
    route: requestFamilies(registry, 'route_', 'per route', true),
    routeActual: requestFamilies(registry, 'route_actual_', 'per route, with retries', false),
    routeRetryable: counter('route_retryable_total', 'Failed attempts on retryable routes.'),
    routePolicy: {
      http: routePolicyFamilies(registry, 'http'),
      grpc: routePolicyFamilies(registry, 'grpc'),
    },
    inboundRoute: {
      http: inboundRouteFamilies(registry, 'http'),
      grpc: inboundRouteFamilies(registry, 'grpc'),
    },
    balancers: {
      http: balancerFamilies(registry, 'outbound_http'),
      tcp: balancerFamilies(registry, 'outbound_tcp'),
      tls: balancerFamilies(registry, 'outbound_tls'),
    },
    detect: {
      inbound: detectFamilies(registry, 'inbound'),
      outbound: detectFamilies(registry, 'outbound'),
    },
    connectionRoutes: {
      tcp: connectionRouteFamilies(registry, 'tcp'),
      tls: connectionRouteFamilies(registry, 'tls'),
    },
    protocolConnections: counter(
      'outbound_tcp_protocol_connections_total',
      'Outbound connections, by what their policy says they speak.',
    ),
    dnsResolutions: counter(
      'control_dns_resolutions_total',
      'Names of control services looked up.',
    ),
    control: requestFamilies(registry, 'control_', 'to the control plane', true),
    transport: transportFamilies(registry),
    httpErrors: {
      inbound: counter('inbound_http_errors_total', 'Inbound requests the proxy answered itself.'),
      outbound: counter(
        'outbound_http_errors_total',
        'Outbound requests the proxy answered itself.',
      ),
    },
    tcpErrors: {
      inbound: counter('inbound_tcp_errors_total', 'Inbound connections that failed.'),
      outbound: counter('outbound_tcp_errors_total', 'Outbound connections that failed.'),
    },
    authzAllow: counter('inbound_http_authz_allow_total', 'Inbound requests allowed.'),
    authzDeny: counter('inbound_http_authz_deny_total', 'Inbound requests refused by policy.'),
    tcpAuthzAllow: counter('inbound_tcp_authz_allow_total', 'Inbound connections allowed.'),
    tcpAuthzDeny: counter('inbound_tcp_authz_deny_total', 'Inbound connections refused by policy.'),
    tcpAuthzTerminate: counter(
      'inbound_tcp_authz_terminate_total',
      'Inbound connections cut because a changed policy no longer allows them.',
    ),
    routeNotFound: counter(
      'inbound_http_route_not_found_total',
      'Inbound requests that no route of the policy matches.',
    ),
    transportHeaders: counter(
      'inbound_tcp_transport_header_connections_total',
      'Connections that came with a transport header, by what it says.',
    ),
    rateLimited: counter(
      'inbound_http_local_ratelimit_total',
      'Inbound requests refused because there were too many.',
    ),
    malformed: counter('http_malformed_total', 'Requests refused because they were malformed.'),
    tapDropped: counter('tap_dropped_events_total', 'Tap events a slow observer did not get.').with(
      {},
    ),
    profilesRefused: counter(
      'inbound_profiles_refused_total',
      'Requests counted without a route because too many service names are watched already.',
    ).with({}),
    certExpiration: registry
      .gauge(
        'control_identity_cert_expiration_timestamp_seconds',
        'When the certificate in use expires, in seconds since the epoch.',
      )
      .with({}),
    certRefreshed: registry
      .gauge(
        'control_identity_cert_refresh_timestamp_seconds',
        'When the certificate in use was issued to us, in seconds since the epoch.',
      )
      .with({}),
    certRefreshes: counter(
      'control_identity_cert_refreshes_total',
      'Certificate requests, by result.',
    ),
  };
}
