import {
  keyOf,
  TulleError,
  type InjectPlan,
  type PlanFinding,
  type PlatformState,
  type WorkloadRef,
  type WorkloadView,
} from '@tulle/model';

/** A plan names at most this many edges one by one. */
const MAX_EDGES_NAMED = 5;

/**
 * What injecting (or taking out) a workload will do, from what runs and what is seen now. Pure.
 * @param view the workload's view, null while nothing was observed yet
 * @throws TulleError `not_found` for an unknown workload, `conflict` when it already is as asked
 */
export function planInject(
  state: PlatformState,
  view: WorkloadView | null,
  workload: WorkloadRef,
  to: InjectPlan['to'],
): InjectPlan {
  const key = keyOf(workload);
  const known = state.workloads.find(({ ref }) => keyOf(ref) === key);
  if (known === undefined)
    throw new TulleError('not_found', `There is no ${workload.kind} ${workload.name}.`);
  if (known.inject === to) {
    const where = to === 'enabled' ? 'in the mesh' : 'outside the mesh';
    throw new TulleError('conflict', `${workload.name} is ${where} already.`);
  }
  const instances = state.instances.filter((instance) => keyOf(instance.workload) === key).length;
  return {
    workload,
    to,
    instances,
    findings: [
      ...edgeFindings(view, to),
      portFinding(known.ports),
      restartFinding(workload, instances, to),
      overlapFinding(state, key),
    ],
    written: ['spec.template.metadata.annotations', `+ linkerd.io/inject: ${to}`],
    expectedSeconds: expectedSeconds(state, to),
  };
}

function edgeFindings(view: WorkloadView | null, to: InjectPlan['to']): PlanFinding[] {
  const edges = [
    ...(view?.calledBy ?? []).map((edge) => ({ edge, outgoing: false })),
    ...(view?.calls ?? []).map((edge) => ({ edge, outgoing: true })),
  ].filter(({ edge }) => edge.peer !== null && edge.peerHealth !== 'outside');
  if (edges.length === 0) {
    const detail = 'Nothing that is in the mesh talks to it now, as far as the proxies saw';
    return [{ kind: 'ok', title: 'No edge changes yet', detail, figure: null }];
  }
  const will = to === 'enabled' ? 'becomes mutual TLS' : 'falls back to plain text';
  return edges.slice(0, MAX_EDGES_NAMED).map(({ edge, outgoing }) => {
    const [from, target] = outgoing
      ? [view?.row.ref.name, edge.peer?.name]
      : [edge.peer?.name, view?.row.ref.name];
    const today = edge.security === 'mutual-tls' ? 'mutual TLS today' : 'plain text today';
    return {
      kind: to === 'enabled' ? 'ok' : 'warning',
      title: `${from} → ${target} ${will}`,
      detail: today,
      figure: edge.golden === null ? null : `${edge.golden.requestsPerSecond.toFixed(1)} /s`,
    } satisfies PlanFinding;
  });
}

function portFinding(
  ports: readonly { readonly port: number; readonly opaque: boolean }[],
): PlanFinding {
  if (ports.length === 0) {
    const detail = 'Only its own calls go through the proxy';
    return { kind: 'ok', title: 'It listens on no port', detail, figure: null };
  }
  const opaque = ports.filter((port) => port.opaque).map(({ port }) => port);
  if (opaque.length > 0) {
    const detail = 'These are carried as bytes: TCP numbers, no requests';
    return { kind: 'ok', title: `Opaque: ${opaque.join(', ')}`, detail, figure: null };
  }
  return {
    kind: 'ok',
    title: 'Its protocol is detected',
    detail: `HTTP/1, HTTP/2 and gRPC are recognised on ${ports.map(({ port }) => port).join(', ')}; anything else is carried as bytes. If the server speaks first, mark the port opaque`,
    figure: null,
  };
}

function restartFinding(
  workload: WorkloadRef,
  instances: number,
  to: InjectPlan['to'],
): PlanFinding {
  const count =
    instances === 1 ? 'Its one instance restarts' : `Its ${instances} instances restart`;
  const how =
    to === 'enabled'
      ? 'with a proxy beside it; the app starts when the proxy is ready'
      : 'without a proxy';
  return {
    kind: 'warning',
    title: count,
    detail: `One at a time, ${how}. What ${workload.name} holds only in memory is lost`,
    figure: null,
  };
}

function overlapFinding(state: PlatformState, key: string): PlanFinding {
  const serves = state.services.some(({ workloads }) =>
    workloads.some((each) => keyOf(each) === key),
  );
  return serves
    ? {
        kind: 'ok',
        title: 'No request needs to fail',
        detail: 'A new instance is ready before an old one is asked to finish',
        figure: null,
      }
    : {
        kind: 'ok',
        title: 'No service points to it',
        detail: 'Nobody waits for it while it restarts',
        figure: null,
      };
}

/** Median of what the same change took elsewhere in this mesh, as far as the platform still knows, in seconds. */
function expectedSeconds(state: PlatformState, to: InjectPlan['to']): number | null {
  const sameCause = to === 'enabled' ? 'inject' : 'uninject';
  const seconds = state.rollouts
    .filter(({ step, cause }) => step === 'done' && cause === sameCause)
    .map(({ startedAtMs, endedAtMs }) => ((endedAtMs ?? startedAtMs) - startedAtMs) / 1000)
    .sort((a, b) => a - b);
  return seconds[Math.floor(seconds.length / 2)] ?? null;
}
