'use client';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { RouteRow, RoutesView, ServiceProfileSpec } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import type { LiveResult } from '@/lib/live/use-live-state.ts';
import type { RoutesDraft } from '../view-model/draft.ts';
import type { DraftIssues } from '../view-model/draft-issues.ts';
import type { DraftEdit } from '../view-model/edit-draft.ts';
import { RouteNumbers } from './route-numbers.tsx';
import { RouteRowEditor } from './route-row-editor.tsx';
import classes from './routes.module.css';

interface RouteTableProps {
  draft: RoutesDraft;
  spec: ServiceProfileSpec;
  issues: DraftIssues;
  live: LiveResult<RoutesView>;
  onEdit: (edit: DraftEdit) => void;
  onAdd: () => void;
}

/** Name Linkerd gives to what no route took. */
const DEFAULT_ROUTE = '[DEFAULT]';

/** Every route as a row of fields, with its numbers of now beside it. */
export function RouteTable({ draft, spec, issues, live, onEdit, onAdd }: RouteTableProps) {
  const numbers = new Map(live.data?.routes.map((row) => [row.name, row]));
  const rest = numbers.get(DEFAULT_ROUTE);
  return (
    <Card padded={false}>
      <div className={classes['scroll']}>
        {draft.rows.length === 0 ? (
          <EmptyState title="No routes yet">
            All requests count as one. Add a route to time out, retry and count some of them on
            their own; the first that matches is taken.
          </EmptyState>
        ) : (
          <table className={classes['table']} aria-label="Routes">
            <thead>
              <tr>
                <th scope="col">Method</th>
                <th scope="col">Path</th>
                <th scope="col">Timeout</th>
                <th scope="col">Retry</th>
                <th scope="col">A failure is</th>
                <th scope="col" data-align="right">
                  Success
                </th>
                <th scope="col" data-align="right">
                  Requests
                </th>
                <th scope="col" data-align="right">
                  P99
                </th>
                <th scope="col">
                  <span className={classes['unseen']}>Move or remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {draft.rows.map((row, index) => (
                <RouteRowEditor
                  key={row.id}
                  row={row}
                  position={index + 1}
                  last={index === draft.rows.length - 1}
                  faults={issues.fields[index] ?? {}}
                  numbers={numbers.get(spec.routes[index]?.name ?? '') ?? null}
                  stale={live.stale}
                  onEdit={onEdit}
                />
              ))}
              {rest === undefined ? null : <RestRow numbers={rest} stale={live.stale} />}
            </tbody>
          </table>
        )}
      </div>
      <div className={classes['add']}>
        <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={onAdd}>
          Add route
        </Button>
        <span>
          {
            'A path may hold {names} for segments, or be a regular expression. The first route that matches is taken.'
          }
        </span>
      </div>
    </Card>
  );
}

function RestRow({ numbers, stale }: { numbers: RouteRow; stale: boolean }) {
  return (
    <tr className={classes['restRow']}>
      <td colSpan={5}>Everything else</td>
      <RouteNumbers numbers={numbers} stale={stale} />
      <td aria-hidden />
    </tr>
  );
}
