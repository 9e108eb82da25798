import { keyOf, type OverviewView } from '@tulle/model';
import { attentionItems } from './attention.ts';
import type { ViewDeps } from './view-deps.ts';
import { provenanceOf, workloadRow } from './workload-row.ts';

const CHANGES_SHOWN = 20;

/** The whole mesh at a glance. */
export function overviewView(deps: ViewDeps): OverviewView {
  const state = deps.platform.state();
  const rows = state.workloads.map((workload) => workloadRow(deps, workload));
  return {
    provenance: provenanceOf(deps),
    instances: {
      meshed: rows.reduce((sum, { meshed }) => sum + meshed.meshed, 0),
      total: rows.reduce((sum, { meshed }) => sum + meshed.total, 0),
    },
    workloads: Object.fromEntries(rows.map((row) => [keyOf(row.ref), row])),
    services: state.services.map(({ ref }) => ref),
    attention: attentionItems(deps, rows),
    changes: deps.changes.recent(CHANGES_SHOWN),
  };
}
