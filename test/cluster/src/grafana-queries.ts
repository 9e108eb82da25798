/**
 * What Linkerd's Grafana dashboards ask of Prometheus (grafana/dashboards in linkerd/linkerd2: deployment, service,
 * route, namespace, top-line), one query of each shape that they draw, with their variables filled in for the demo.
 */

export interface DashboardQuery {
  readonly dashboard: 'deployment' | 'service' | 'route' | 'namespace' | 'top-line';
  readonly panel: string;
  readonly promql: string;
  /** Set where Linkerd's own proxies have no data either, and why. */
  readonly emptyBecause?: string;
}

/** Grafana's `$__rate_interval` at a scrape interval of 10 s. */
const RATE = '[40s]';
const NS = 'namespace="emojivoto"';

export const DASHBOARD_QUERIES: readonly DashboardQuery[] = [
  ...topLine(),
  ...workloadQueries('deployment', `${NS}, deployment="web"`, 'deployment'),
  ...callers(),
  ...tcp('deployment', `${NS}, deployment="web"`, 'deployment'),
  ...workloadQueries('namespace', NS, 'namespace'),
  ...tcp('namespace', NS, 'namespace'),
  ...service(),
  ...route(),
];

function topLine(): readonly DashboardQuery[] {
  const query = (panel: string, promql: string): DashboardQuery => ({
    dashboard: 'top-line',
    panel,
    promql,
  });
  const all = 'direction="inbound", namespace!="", deployment!=""';
  return [
    query('GLOBAL SUCCESS RATE', ratio(all, '')),
    query('GLOBAL REQUEST VOLUME', `sum(irate(request_total{${all}}${RATE}))`),
    query(
      'DEPLOYMENTS MONITORED',
      `count(count(request_total{${all}}) by (namespace, deployment))`,
    ),
    query('SUCCESS RATE by deployment', ratio(all, ' by (namespace, deployment)')),
    query('P95 LATENCY', quantile('0.95', all, 'namespace, deployment')),
  ];
}

function workloadQueries(
  dashboard: DashboardQuery['dashboard'],
  selector: string,
  by: string,
): readonly DashboardQuery[] {
  const inbound = `direction="inbound", ${selector}`;
  const query = (panel: string, promql: string): DashboardQuery => ({ dashboard, panel, promql });
  return [
    query('SUCCESS RATE', ratio(inbound, ` by (${by})`)),
    query(
      'REQUEST RATE, mutual TLS',
      `sum(irate(request_total{${inbound}, tls="true"}${RATE})) by (${by})`,
    ),
    query('P50 LATENCY', quantile('0.5', inbound, by)),
    query('P95 LATENCY', quantile('0.95', inbound, by)),
    query('P99 LATENCY', quantile('0.99', inbound, by)),
  ];
}

function callers(): readonly DashboardQuery[] {
  const query = (panel: string, promql: string): DashboardQuery => ({
    dashboard: 'deployment',
    panel,
    promql,
  });
  const calling = 'direction="outbound", dst_namespace="emojivoto", dst_deployment="web"';
  const called = `direction="outbound", ${NS}, deployment="web", dst_namespace!=""`;
  return [
    query('INBOUND by deployment: success rate', ratio(calling, ' by (deployment)')),
    query(
      'INBOUND by deployment: request rate',
      `sum(irate(request_total{${calling}, tls="true"}${RATE})) by (deployment)`,
    ),
    query('INBOUND by deployment: P95', quantile('0.95', calling, 'deployment')),
    query('OUTBOUND by deployment: success rate', ratio(called, ' by (dst_deployment)')),
    query(
      'OUTBOUND by deployment: request rate',
      `sum(irate(request_total{${called}, tls="true"}${RATE})) by (dst_deployment)`,
    ),
    query('OUTBOUND by deployment: P95', quantile('0.95', called, 'dst_deployment')),
  ];
}

function tcp(
  dashboard: DashboardQuery['dashboard'],
  selector: string,
  by: string,
): readonly DashboardQuery[] {
  const inbound = `direction="inbound", peer="src", ${selector}`;
  return [
    {
      dashboard,
      panel: 'TCP CONNECTION FAILURES',
      promql: `sum(increase(tcp_close_total{${inbound}}[10m])) by (${by})`,
      ...(by === 'deployment' && { emptyBecause: 'no connection into web has been closed' }),
    },
    {
      dashboard,
      panel: 'TCP CONNECTIONS OPEN',
      promql: `sum(tcp_open_connections{${inbound}}) by (${by})`,
    },
    {
      dashboard,
      panel: 'TCP CONNECTION DURATION',
      promql: `histogram_quantile(0.95, sum(irate(tcp_connection_duration_ms_bucket{${inbound}}${RATE})) by (le, ${by}))`,
      emptyBecause: 'Linkerd’s proxies no longer export tcp_connection_duration_ms',
    },
  ];
}

function service(): readonly DashboardQuery[] {
  const query = (panel: string, promql: string): DashboardQuery => ({
    dashboard: 'service',
    panel,
    promql,
  });
  const toService = 'direction="outbound", dst_namespace="emojivoto", dst_service="voting-svc"';
  return [
    query('SUCCESS RATE', ratio(toService, ' by (dst_service)')),
    query(
      'REQUEST RATE',
      `sum(irate(request_total{${toService}, tls="true"}${RATE})) by (dst_service)`,
    ),
    query('P95 LATENCY', quantile('0.95', toService, 'dst_service')),
    query('INBOUND by deployment', ratio(toService, ' by (deployment, pod)')),
  ];
}

function route(): readonly DashboardQuery[] {
  const inbound = `direction="inbound", ${NS}, rt_route="Vote"`;
  const query = (panel: string, promql: string): DashboardQuery => ({
    dashboard: 'route',
    panel,
    promql,
  });
  const requests = (tls: string): string =>
    `sum(irate(route_request_total{${inbound}, ${tls}}${RATE})) by (rt_route)`;
  return [
    query('SUCCESS RATE', ratio(inbound, ' by (rt_route)', 'route_response_total')),
    query('REQUEST RATE', requests('tls!="true"')),
    {
      ...query('REQUEST RATE, mutual TLS', requests('tls="true"')),
      emptyBecause: 'metrics of routes carry no tls label in Linkerd’s proxies: one line draws all',
    },
    query('P95 LATENCY', quantile('0.95', inbound, 'rt_route', 'route_response_latency_ms')),
  ];
}

function ratio(selector: string, by: string, metric = 'response_total'): string {
  const rate = (more: string): string => `sum(irate(${metric}{${more}${selector}}${RATE}))${by}`;
  return `${rate('classification="success", ')} / ${rate('')}`;
}

function quantile(q: string, selector: string, by: string, metric = 'response_latency_ms'): string {
  return `histogram_quantile(${q}, sum(irate(${metric}_bucket{${selector}}${RATE})) by (le, ${by}))`;
}
