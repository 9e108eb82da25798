import {
  keyOf,
  type AttentionItem,
  type Health,
  type WorkloadRef,
  type WorkloadRow,
} from '@tulle/model';
import { percent } from './describe-traffic.ts';
import { failureEvidence } from './failure-evidence.ts';
import { edgesFrom } from './mesh-index.ts';
import type { ViewDeps } from './view-deps.ts';
import { instancesOf } from './workload-row.ts';

/** A callee explains a workload's failures when its own failures on that edge are at least this share of them. */
const EXPLAINED_SHARE = 0.8;
/** Of `sparkSuccess`. */
const SPARK_STEP_MS = 10_000;
const WELL_FROM = 0.99;
/** So many steps without a failure in a row end a stretch; fewer are chance where requests are few. */
const WELL_STEPS = 6;
/** An instance that takes longer than this to become ready needs a person. */
const SLOW_START_MS = 15_000;

/** What needs a person, most urgent first: failing, dragged down, not ready, outside. */
export function attentionItems(
  deps: ViewDeps,
  rows: readonly WorkloadRow[],
): readonly AttentionItem[] {
  const items = rows.flatMap((row) => {
    const item = failing(deps, row) ?? notReady(deps, row) ?? outside(deps, row);
    return item === null ? [] : [{ item, row }];
  });
  items.sort(
    (a, b) => urgency(a.item) - urgency(b.item) || failureShare(b.row) - failureShare(a.row),
  );
  return items.map(({ item }) => item);
}

function urgency({ kind, health }: AttentionItem): number {
  switch (kind) {
    case 'fails':
      return health === 'failing' ? 0 : 1;
    case 'not-ready':
      return 2;
    case 'dragged-down':
      return 3;
    case 'outside':
      return 4;
  }
}

function failing(deps: ViewDeps, row: WorkloadRow): AttentionItem | null {
  if (row.health !== 'failing' && row.health !== 'degraded') return null;
  const share = failureShare(row);
  const cause = draggingCallee(deps, row);
  if (cause !== null) {
    return {
      workload: row.ref,
      health: 'degraded',
      kind: 'dragged-down',
      headline: `is dragged down by ${cause.ref.name}`,
      evidence: `${percent(share)} of its requests fail; ${cause.explains} waited on ${cause.ref.name}. ${failingSince(row, deps.now())}`,
      cause: cause.ref,
    };
  }
  const evidence = failureEvidence(deps.traffic.seen(row.ref), instancesOf(deps, row.ref).length);
  return {
    workload: row.ref,
    health: row.health,
    kind: 'fails',
    headline: `fails ${percent(share)} of its requests`,
    evidence: [failingSince(row, deps.now()), evidence].filter((part) => part !== null).join(' '),
    cause: null,
  };
}

/** The called workload that explains the failures, and in words how many of them. */
function draggingCallee(
  deps: ViewDeps,
  row: WorkloadRow,
): { readonly ref: WorkloadRef; readonly explains: string } | null {
  const failures = row.golden?.failureCount ?? 0;
  if (failures === 0) return null;
  const worst = edgesFrom(deps.metrics.edges(), keyOf(row.ref))
    .filter(({ to }) => to !== null)
    .sort((a, b) => (b.golden?.failureCount ?? 0) - (a.golden?.failureCount ?? 0))[0];
  const explained = worst?.golden?.failureCount ?? 0;
  const ref = worst?.to ?? null;
  if (ref === null || explained < failures * EXPLAINED_SHARE) return null;
  return { ref, explains: explained >= failures ? 'every one' : percent(explained / failures) };
}

function notReady(deps: ViewDeps, row: WorkloadRow): AttentionItem | null {
  const instances = instancesOf(deps, row.ref);
  const late = instances.filter(
    ({ phase, startedAtMs }) =>
      phase === 'failed' || (phase === 'starting' && deps.now() - startedAtMs > SLOW_START_MS),
  );
  const [first] = late;
  if (first === undefined) return null;
  const health: Health = late.length === instances.length ? 'failing' : 'degraded';
  return {
    workload: row.ref,
    health,
    kind: 'not-ready',
    headline: `has ${late.length} of ${instances.length} instances not ready`,
    evidence: `${first.ref.name}: ${first.reason ?? 'it has not become ready yet'}.`,
    cause: null,
  };
}

function outside(deps: ViewDeps, row: WorkloadRow): AttentionItem | null {
  if (row.health !== 'outside' || row.meshed.total === 0) return null;
  const { total } = row.meshed;
  const callees = deps.plainCallers.calledBy(row.ref).map(({ name }) => name);
  const who = total === 1 ? '1 instance' : `${total} instances`;
  const what =
    callees.length === 0
      ? `${who} without a proxy: what it does cannot be seen.`
      : `${who} ${total === 1 ? 'calls' : 'call'} ${callees.join(', ')} in plain text. Injecting it would make ${callees.length === 1 ? 'that edge' : 'those edges'} mutual TLS.`;
  return {
    workload: row.ref,
    health: 'outside',
    kind: 'outside',
    headline: 'is outside the mesh',
    evidence: what,
    cause: null,
  };
}

function failureShare(row: WorkloadRow): number {
  return 1 - (row.golden?.successRate ?? 1);
}

/** "Since 14:02." by the sparkline: the newest stretch without a whole minute that was well. */
export function failingSince(row: WorkloadRow, nowMs: number): string {
  const spark = row.sparkSuccess;
  let steps = 0;
  let bad = 0;
  let well = 0;
  for (let i = spark.length - 1; i >= 0 && well < WELL_STEPS; i--) {
    const value = spark[i] ?? null;
    steps += 1;
    if (value === null) continue;
    well = value >= WELL_FROM ? well + 1 : 0;
    if (well === 0) bad = steps;
  }
  if (bad < 2) return 'Just now.';
  if (bad >= spark.length - 1) return 'For more than 10 minutes.';
  const at = new Date(nowMs - bad * SPARK_STEP_MS);
  return `Since ${at.toTimeString().slice(0, 5)}.`;
}
