import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toDuration, toTcpAddress, type outbound } from '@tulle/proxy-api';
import type { Exchange } from '../stack/http-service.ts';
import { sum } from '../testing/exposition.ts';
import { PLAIN_PEER, requestHead, responseHead } from '../testing/test-heads.ts';
import { startTargets } from '../testing/test-targets.ts';

const ADDRESS = '10.96.0.2:80';
const PATH = 'web.test.svc.cluster.local:80';
const ROUTE = 'route_kind="GRPCRoute",route_namespace="test",route_name="calls"';

function resource(kind: string, name: string) {
  const value = { group: 'core', kind, name, namespace: 'test' };
  return { kind: { case: 'resource' as const, value } };
}

const POLICY: MessageInitShape<typeof outbound.OutboundPolicySchema> = {
  metadata: resource('Service', 'web'),
  protocol: {
    kind: {
      case: 'grpc',
      value: {
        routes: [
          {
            metadata: resource('GRPCRoute', 'calls'),
            rules: [
              {
                retry: {
                  maxRetries: 1,
                  maxRequestBytes: 100,
                  conditions: { unavailable: true, resourceExhausted: true },
                },
                allowL5dRequestHeaders: true,
                timeouts: { request: toDuration(700) },
                backends: {
                  kind: {
                    case: 'firstAvailable',
                    value: {
                      backends: [
                        {
                          backend: {
                            metadata: resource('Service', 'web'),
                            kind: {
                              case: 'balancer',
                              value: {
                                discovery: { kind: { case: 'dst', value: { path: PATH } } },
                              },
                            },
                          },
                        },
                      ],
                    },
                  },
                },
              },
            ],
          },
        ],
      },
    },
  },
};

async function call(
  begin: (head: ReturnType<typeof requestHead>) => unknown,
  fields: [string, string][] = [],
): Promise<Exchange> {
  const begun = await begin(requestHead({ path: '/pkg.S/Call', isGrpc: true }, fields));
  return begun as Exchange;
}

test('calls are tried again by their status, in the head or in the trailers', async (t) => {
  const mesh = await startTargets({ OUTBOUND_HTTP_FAILFAST_TIMEOUT: '20s' });
  t.after(() => mesh.close());
  const addrs = [8001, 8002].map((port) => ({ addr: toTcpAddress('10.1.0.1', port) ?? {} }));
  mesh.controller.setPolicy(ADDRESS, POLICY);
  mesh.controller.setProfile(ADDRESS, { fullyQualifiedName: 'web.test.svc.cluster.local' });
  mesh.controller.setEndpoints(PATH, { update: { case: 'add', value: { addrs } } });
  const target = mesh.targets.outbound({ host: '10.96.0.2', port: 80 });
  await target.protocol;
  const begin = (head: ReturnType<typeof requestHead>) => target.http.begin(head, PLAIN_PEER);
  const inHead = (status: string) => responseHead(200, [['grpc-status', status]]);

  const early = await call(begin);
  assert.equal(early.timeoutMs, 700);
  assert.equal(early.responseHead(inHead('14'), true), 'retry');
  assert.equal(early.responseHead(inHead('14'), true), 'forward', 'only once');
  early.end({ kind: 'complete' });

  const late = await call(begin);
  assert.equal(late.responseHead(responseHead(200), true), 'hold');
  assert.equal(late.responseTrailers([['grpc-status', '8']], true), 'retry');
  assert.equal(late.responseHead(responseHead(200), true), 'hold');
  assert.equal(late.responseTrailers([['grpc-status', '0']], true), 'forward');
  late.end({ kind: 'complete' });

  const final = await call(begin);
  assert.equal(final.responseHead(inHead('13'), true), 'forward', 'not one to retry');
  final.end({ kind: 'complete' });

  const own = await call(begin, [['l5d-retry-grpc', 'internal']]);
  assert.equal(own.responseHead(inHead('13'), true), 'retry', 'as the request asks');
  assert.equal(own.responseHead(inHead('0'), true), 'forward');
  own.end({ kind: 'complete' });

  const page = mesh.samples();
  const statuses = 'outbound_grpc_route_request_statuses_total';
  assert.equal(sum(page, statuses, ROUTE, 'grpc_status="OK"'), 2);
  assert.equal(sum(page, statuses, ROUTE, 'grpc_status="UNAVAILABLE"'), 1);
  assert.equal(sum(page, 'outbound_grpc_route_retry_requests_total', ROUTE), 3);
  assert.equal(sum(page, 'outbound_grpc_route_retry_successes_total', ROUTE), 2);
  assert.equal(sum(page, 'outbound_grpc_route_retry_limit_exceeded_total', ROUTE), 1);
});
