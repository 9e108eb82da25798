import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toTcpAddress, type outbound } from '@tulle/proxy-api';
import type { TcpService } from '../stack/http-service.ts';
import { sum } from '../testing/exposition.ts';
import { PLAIN_PEER } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

type PolicyInit = MessageInitShape<typeof outbound.OutboundPolicySchema>;
type TlsRouteInit = MessageInitShape<typeof outbound.TlsRouteSchema>;

const NETWORK = ['parent_kind="EgressNetwork"', 'parent_name="internet"'];

function resource(kind: string, name: string) {
  const value = { group: 'policy.linkerd.io', kind, name, namespace: 'test' };
  return { kind: { case: 'resource' as const, value } };
}

/** Sends to the address that was dialled, as an EgressNetwork's routes do. */
function forward(port: number) {
  const backend = {
    metadata: resource('EgressNetwork', 'internet'),
    kind: { case: 'forward' as const, value: { addr: toTcpAddress('10.96.7.7', port) ?? {} } },
  };
  return { kind: { case: 'firstAvailable' as const, value: { backends: [{ backend }] } } };
}

const FORBIDDEN = [{ kind: { case: 'forbidden' as const, value: {} } }];

async function start(t: TestContext, protocol: NonNullable<PolicyInit['protocol']>) {
  const mesh = await startTargets();
  t.after(() => mesh.close());
  mesh.controller.setProfile('10.96.7.7:443', {});
  mesh.controller.setPolicy('10.96.7.7:443', {
    metadata: resource('EgressNetwork', 'internet'),
    protocol,
  });
  const target = mesh.targets.outbound({ host: '10.96.7.7', port: 443 });
  return { ...mesh, target, protocol: await target.protocol };
}

async function portOf(service: TcpService | undefined): Promise<number | string> {
  const begun = await service?.connect(PLAIN_PEER);
  if (begun?.kind !== 'exchange') return begun?.reason ?? 'no service';
  const { port } = begun.endpoint;
  begun.connected();
  begun.closed(null);
  return port;
}

test('the server name of TLS decides: exact, then the longest suffix, then any', async (t) => {
  const sni = (name: string) =>
    name.startsWith('*.')
      ? {
          match: {
            case: 'suffix' as const,
            value: { reverseLabels: name.slice(2).split('.').toReversed() },
          },
        }
      : { match: { case: 'exact' as const, value: name } };
  const route = (name: string, port: number, ...names: string[]): TlsRouteInit => ({
    metadata: resource('TLSRoute', name),
    snis: names.map(sni),
    rules: [{ backends: forward(port) }],
  });
  const forbidden: TlsRouteInit = {
    metadata: resource('TLSRoute', 'no'),
    snis: [sni('bad.example.com')],
    rules: [{ backends: forward(9), filters: FORBIDDEN }],
  };
  const routes = [
    route('suffix', 1, '*.example.com'),
    route('longer', 2, '*.api.example.com'),
    route('exact', 3, 'www.example.com', 'Example.org'),
    forbidden,
  ];
  const { target, protocol, samples } = await start(t, {
    kind: { case: 'tls', value: { routes } },
  });
  assert.equal(protocol, 'tls');
  assert.equal(await portOf(target.tls?.('other.example.com')), 1);
  assert.equal(await portOf(target.tls?.('v1.api.example.com')), 2);
  assert.equal(await portOf(target.tls?.('www.example.com')), 3);
  assert.equal(await portOf(target.tls?.('example.org')), 3);
  assert.match(String(await portOf(target.tls?.('bad.example.com'))), /forbidden/);
  assert.match(String(await portOf(target.tls?.('example.com'))), /invalid_policy/);
  const page = samples();
  assert.equal(sum(page, 'outbound_tls_route_open_total', ...NETWORK, 'route_name="exact"'), 2);
  const closed = 'outbound_tls_route_close_total';
  assert.equal(sum(page, closed, ...NETWORK, 'route_name="exact"', 'error=""'), 2);
  assert.equal(sum(page, closed, ...NETWORK, 'route_name="no"', 'error="forbidden"'), 1);
});

test('any name will do for a route that names none', async (t) => {
  const routes = [{ metadata: resource('TLSRoute', 'all'), rules: [{ backends: forward(443) }] }];
  const { target } = await start(t, { kind: { case: 'tls', value: { routes } } });
  assert.equal(await portOf(target.tls?.('anything')), 443);
});

test('bytes that nobody looks into follow the first route, or are refused by it', async (t) => {
  const metadata = resource('TCPRoute', 'raw');
  const routes = [{ metadata, rules: [{ backends: forward(443) }] }];
  const open = await start(t, { kind: { case: 'opaque', value: { routes } } });
  assert.equal(open.protocol, 'opaque');
  assert.equal(await portOf(open.target.tcp), 443);
  const labels = [...NETWORK, 'route_name="raw"', 'target_ip="10.96.7.7"', 'target_port="443"'];
  assert.equal(sum(open.samples(), 'outbound_tcp_route_open_total', ...labels), 1);
  assert.equal(sum(open.samples(), 'outbound_tcp_route_close_total', ...labels, 'error=""'), 1);
  const shut = await start(t, {
    kind: {
      case: 'opaque',
      value: {
        routes: [{ metadata, rules: [{ backends: forward(443), filters: FORBIDDEN }] }],
      },
    },
  });
  assert.match(String(await portOf(shut.target.tcp)), /forbidden/);
  const refused = 'outbound_tcp_route_close_total';
  assert.equal(sum(shut.samples(), refused, ...labels, 'error="forbidden"'), 1);
});
