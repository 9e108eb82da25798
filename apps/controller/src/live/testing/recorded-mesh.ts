/** The demo as it was once recorded, for tests of the views: what runs, what was measured, what was sampled. */
import type {
  GoldenMetrics,
  InstanceState,
  PlainConnections,
  PlatformState,
  PodRef,
  RolloutState,
  ServiceRef,
  StoredProfile,
  TcpMetrics,
  WorkloadRef,
} from '@tulle/model';
import { keyOf } from '@tulle/model';
import type {
  InboundClients,
  MetricsSource,
  OutboundEdge,
  ProxyFacts,
  RouteMetrics,
} from '../../metrics/index.ts';
import type { Platform } from '../../platform/platform.ts';
import type { SeenRequest } from '../../tap/index.ts';
import { createLive } from '../create-live.ts';
import type { Live } from '../create-live.ts';

export const NOW_MS = new Date(2026, 10, 23, 14, 15, 32).getTime();
export const WEB = workload('web');
export const VOTING = workload('voting');
export const BOT = workload('vote-bot');

export function workload(name: string): WorkloadRef {
  return { kind: 'deployment', namespace: 'demo', name };
}

export function service(name: string): ServiceRef {
  return { kind: 'service', namespace: 'demo', name };
}

export function pod(name: string): PodRef {
  return { kind: 'pod', namespace: 'demo', name };
}

export function identityOf(name: string): string {
  return `${name}.demo.serviceaccount.identity.tulle.cluster.local`;
}

export function golden(success: number, failure: number): GoldenMetrics {
  const answered = success + failure;
  return {
    successCount: success,
    failureCount: failure,
    successRate: answered === 0 ? null : success / answered,
    requestsPerSecond: answered / 60,
    latencyP50Ms: 1,
    latencyP95Ms: 5,
    latencyP99Ms: 9,
  };
}

export function tcp(openConnections: number): TcpMetrics {
  return { openConnections, readBytesPerSecond: 1, writeBytesPerSecond: 1 };
}

export interface Recorded {
  instances: InstanceState[];
  rollouts: RolloutState[];
  golden: Record<string, GoldenMetrics>;
  edges: OutboundEdge[];
  clients: Record<string, InboundClients[]>;
  plain: PlainConnections[];
  seen: Record<string, SeenRequest[]>;
  routes: RouteMetrics[];
  profiles: StoredProfile[];
  facts: Record<string, ProxyFacts>;
  sparkSuccess: (number | null)[];
}

export function instance(name: string, of: WorkloadRef, meshed: boolean): InstanceState {
  return {
    ref: pod(name),
    workload: of,
    serviceAccount: of.name,
    phase: 'ready',
    restarts: 0,
    reason: null,
    proxy: meshed
      ? {
          identity: identityOf(of.name),
          adminAddress: '',
          tapAddress: '',
          version: '1',
          ready: true,
        }
      : null,
    endpoints: [],
    startedAtMs: NOW_MS - 60_000,
  };
}

/** Voting fails 15 %, web with it; vote-bot calls web in plain text. */
export function doughnut(): Recorded {
  const failing = { method: 'POST', route: null, httpStatus: 200, grpcStatus: 2, failed: true };
  const path = '/emojivoto.v1.VotingService/VoteDoughnut';
  const toVoting = { kind: 'mutual-tls', identity: identityOf('voting') } as const;
  const fromWeb = { kind: 'mutual-tls', identity: identityOf('web') } as const;
  return {
    instances: [
      instance('web-1', WEB, true),
      instance('voting-1', VOTING, true),
      instance('voting-2', VOTING, true),
      instance('vote-bot-1', BOT, false),
    ],
    rollouts: [],
    golden: { [keyOf(WEB)]: golden(111, 9), [keyOf(VOTING)]: golden(51, 9) },
    edges: [{ from: WEB, to: VOTING, channel: toVoting, golden: golden(51, 9), tcp: tcp(2) }],
    clients: {
      [keyOf(VOTING)]: [{ channel: fromWeb, idleSeconds: 0, golden: golden(51, 9), tcp: tcp(2) }],
      [keyOf(WEB)]: [
        {
          channel: { kind: 'plain', reason: 'no_tls_from_remote' },
          idleSeconds: 0,
          golden: golden(111, 9),
          tcp: tcp(1),
        },
      ],
    },
    plain: [{ from: BOT, service: service('web-svc'), toPod: pod('web-1'), open: 1 }],
    seen: {
      [keyOf(VOTING)]: [
        { ...failing, path, source: WEB, pod: 'voting-1', count: 5 },
        { ...failing, path, source: WEB, pod: 'voting-2', count: 4 },
      ],
      [keyOf(WEB)]: [
        {
          method: 'GET',
          path: '/api/list',
          route: null,
          httpStatus: 200,
          grpcStatus: null,
          failed: false,
          source: BOT,
          pod: 'web-1',
          count: 60,
        },
      ],
    },
    routes: [],
    profiles: [],
    facts: {},
    sparkSuccess: [
      ...Array.from({ length: 30 }, () => 1),
      ...Array.from({ length: 30 }, () => 0.85),
    ],
  };
}

/** The views of a recorded mesh, which a test may change afterwards. The caller closes them. */
export async function liveOf(recorded: Recorded): Promise<Live> {
  const refs = [WEB, VOTING, BOT];
  const state = (): PlatformState => ({
    revision: 1,
    workloads: refs.map((ref) => ({
      ref,
      replicas: 1,
      serviceAccount: ref.name,
      inject: 'enabled',
      ports: [],
      createdAtMs: 0,
    })),
    instances: recorded.instances,
    services: [
      { ref: service('web-svc'), clusterIp: '10.96.0.2', ports: [], workloads: [WEB] },
      { ref: service('voting-svc'), clusterIp: '10.96.0.3', ports: [], workloads: [VOTING] },
    ],
    rollouts: recorded.rollouts,
  });
  const nothing = (): (() => void) => () => undefined;
  const platform = {
    state,
    connected: () => true,
    onChange: nothing,
    sources: async () => ({ sources: {}, plainConnections: recorded.plain }),
  } as unknown as Platform;
  const metrics: MetricsSource = {
    windowSeconds: 60,
    freshness: () => ({ atMs: NOW_MS, proxiesAnswered: 3, proxiesExpected: 3 }),
    golden: (ref) => recorded.golden[keyOf(ref)] ?? null,
    tcp: () => null,
    // A snapshot, as sources give: a test may change the record afterwards.
    edges: () => [...recorded.edges],
    clients: (ref) => recorded.clients[keyOf(ref)] ?? [],
    routes: () => recorded.routes,
    failures: () => ({ application: 9, timeout: 0, noEndpoint: 0, policy: 0, tls: 0, reset: 0 }),
    proxy: (ref) => recorded.facts[ref.name] ?? null,
    spark: () => ({ success: recorded.sparkSuccess, requests: [] }),
    series: async () => [],
    attend: nothing,
    onUpdate: nothing,
    close: () => undefined,
  };
  const live = createLive({
    platform,
    metrics,
    profiles: {
      get: ({ name }) => recorded.profiles.find((profile) => profile.service === name) ?? null,
      inForce: () => null,
      list: () => recorded.profiles,
      save: () => Promise.reject(new Error('not here')),
      remove: () => Promise.reject(new Error('not here')),
      onChange: nothing,
    },
    changes: { recent: () => [], onChange: nothing, record: () => ({}) as never },
    traffic: { seen: (ref) => recorded.seen[keyOf(ref)] ?? [] },
    openTap: () => {
      throw new Error('not here');
    },
    version: 'test',
    now: () => NOW_MS,
  });
  // The platform's answer about plain callers comes in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  return live;
}
