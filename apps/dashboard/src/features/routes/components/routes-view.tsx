'use client';
import { Button } from '@mantine/core';
import type {
  RoutesView as RoutesData,
  ServiceProfileSpec,
  ServiceRef,
  StoredProfile,
  TulleError,
} from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { ErrorState } from '@/components/ui/state/states.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { countOf } from '@/lib/format/words.ts';
import type { LiveResult } from '@/lib/live/use-live-state.ts';
import { newRow } from '../view-model/draft.ts';
import type { RoutesDraft } from '../view-model/draft.ts';
import { freshId } from '../view-model/edit-draft.ts';
import type { DraftEdit } from '../view-model/edit-draft.ts';
import type { DraftIssues } from '../view-model/draft-issues.ts';
import { ConflictCard } from './conflict-card.tsx';
import { ProfileDiff } from './profile-diff.tsx';
import { RouteTable } from './route-table.tsx';
import { SeenPaths } from './seen-paths.tsx';
import classes from './routes.module.css';

export interface RoutesViewProps {
  service: ServiceRef;
  stored: StoredProfile;
  draft: RoutesDraft;
  /** What saving would store. */
  spec: ServiceProfileSpec;
  changed: boolean;
  /** Somebody saved a newer version than the draft was made from. */
  behind: boolean;
  issues: DraftIssues;
  live: LiveResult<RoutesData>;
  saving: boolean;
  /** Version of the last save of this visit. */
  savedVersion: number | null;
  refusal: TulleError | null;
  onEdit: (edit: DraftEdit) => void;
  onSave: () => void;
  onDiscard: () => void;
}

/** The editor: the table, what is wrong, what will change, and what was seen that no route takes. */
export function RoutesView(props: RoutesViewProps) {
  const { service, stored, draft, spec, changed, behind, issues, live, refusal, onEdit } = props;
  const add = (seen?: { readonly method: string; readonly path: string }) =>
    onEdit({ kind: 'add', row: newRow(freshId(draft), seen) });
  return (
    <>
      <PageHead
        title={`Routes of ${service.name}`}
        actions={
          <>
            <Button disabled={!changed || props.saving} onClick={props.onDiscard}>
              Discard
            </Button>
            <Button
              variant="filled"
              disabled={!changed || behind || issues.total > 0}
              loading={props.saving}
              onClick={props.onSave}
            >
              Save and apply
            </Button>
          </>
        }
      >
        {stateTag(props)}
      </PageHead>
      {behind ? (
        <ConflictCard
          stored={stored}
          draftVersion={draft.baseVersion}
          onKeepMine={() => onEdit({ kind: 'rebase', version: stored.version })}
          onTakeTheirs={props.onDiscard}
        />
      ) : null}
      {refusal === null ? null : (
        <Card padded={false}>
          <ErrorState title="The routes were not saved" error={refusal}>
            Your draft is kept in this browser.
          </ErrorState>
        </Card>
      )}
      {issues.rest.length === 0 ? null : (
        <ul className={classes['rest']} role="alert">
          {issues.rest.map(({ path, message }) => (
            <li key={`${path} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
      <div className={classes['columns']} data-changed={changed}>
        <div className={classes['main']}>
          <RouteTable
            draft={draft}
            spec={spec}
            issues={issues}
            live={live}
            onEdit={onEdit}
            onAdd={() => add()}
          />
          {live.data === undefined ? null : (
            <SeenPaths spec={spec} seen={live.data.unmatched} onAdd={add} />
          )}
        </div>
        {changed ? <ProfileDiff service={service} stored={stored} spec={spec} /> : null}
      </div>
      <Foot
        command={`tulle profile get ${service.name} -n ${service.namespace}`}
        provenance={live.data?.provenance}
      >
        {changed ? 'The draft is kept in this browser until you save or discard it.' : null}
      </Foot>
    </>
  );
}

function stateTag({ changed, issues, savedVersion, stored }: RoutesViewProps) {
  if (issues.total > 0 && changed) return <Tag tone="bad">{countOf(issues.total, 'fault')}</Tag>;
  if (changed) return <Tag tone="warn">draft, not in force</Tag>;
  if (savedVersion !== null && savedVersion === stored.version) {
    return <Tag tone="ok">{`saved and in force, version ${savedVersion}`}</Tag>;
  }
  if (stored.version === 0) return <Tag>none stored</Tag>;
  return <Tag>{`in force, version ${stored.version}`}</Tag>;
}
