'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { keyOf, TulleError } from '@tulle/model';
import type { ServiceRef, StoredProfile } from '@tulle/model';
import { Button } from '@mantine/core';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { Card } from '@/components/ui/card/card.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { keepDraft, loadDraft } from '../data/draft-storage.ts';
import { profileQuery, saveProfile } from '../data/profile.ts';
import { draftOf, isChanged, specOf } from '../view-model/draft.ts';
import type { RoutesDraft } from '../view-model/draft.ts';
import { editDraft } from '../view-model/edit-draft.ts';
import type { DraftEdit } from '../view-model/edit-draft.ts';
import { issuesOf } from '../view-model/draft-issues.ts';
import { RoutesView } from './routes-view.tsx';

/** The routes of one service: what is in force with its numbers, and a draft that is kept until saved or discarded. */
export function RoutesPage({ service }: { service: ServiceRef }) {
  const profile = useQuery(profileQuery(service));
  if (profile.data === undefined) {
    return (
      <>
        <PageHead title={`Routes of ${service.name}`} />
        <Card padded={false}>
          {profile.error === null ? (
            <LoadingState what="the routes" rows={5} />
          ) : (
            <ErrorState
              title="The routes could not be read"
              error={profile.error}
              action={<Button onClick={() => void profile.refetch()}>Ask again</Button>}
            >
              A draft of yours is kept in this browser.
            </ErrorState>
          )}
        </Card>
      </>
    );
  }
  return <RoutesEditor service={service} stored={profile.data} />;
}

function RoutesEditor({ service, stored }: { service: ServiceRef; stored: StoredProfile }) {
  const queries = useQueryClient();
  const live = useLiveState('routes', { service: keyOf(service) });
  const [draft, setDraft] = useKeptDraft(service);
  const edited = draft ?? draftOf(stored);
  const save = useMutation({
    mutationFn: async () => saveProfile(service, edited.baseVersion, specOf(edited, stored.spec)),
    onSuccess: (saved) => {
      queries.setQueryData(profileQuery(service).queryKey, saved);
      setDraft(null);
    },
    // The newest version is needed to show what somebody else has changed.
    onError: (error) => {
      if (TulleError.from(error).code === 'conflict') {
        void queries.invalidateQueries({ queryKey: profileQuery(service).queryKey });
      }
    },
  });
  const refusal = save.error === null ? null : TulleError.from(save.error);
  const spec = useMemo(() => specOf(edited, stored.spec), [edited, stored]);
  const issues = useMemo(() => issuesOf(spec, refusal?.issues ?? []), [spec, refusal]);
  const changed = isChanged(edited, stored);
  const behind = draft !== null && changed && draft.baseVersion !== stored.version;
  const edit = useCallback(
    (step: DraftEdit) => {
      if (refusal !== null) save.reset();
      setDraft(editDraft(edited, step));
    },
    [edited, setDraft, refusal, save],
  );
  return (
    <RoutesView
      service={service}
      stored={stored}
      draft={edited}
      spec={spec}
      changed={changed}
      behind={behind}
      issues={issues}
      live={live}
      saving={save.isPending}
      savedVersion={save.data?.version ?? null}
      refusal={refusal?.code === 'conflict' ? null : refusal}
      onEdit={edit}
      onSave={() => save.mutate()}
      onDiscard={() => {
        save.reset();
        setDraft(null);
      }}
    />
  );
}

/** The draft, kept in this browser with every edit. */
function useKeptDraft(service: ServiceRef) {
  const [draft, setDraft] = useState<RoutesDraft | null>(() =>
    loadDraft(browserStorage(), service),
  );
  const keep = useCallback(
    (next: RoutesDraft | null) => {
      setDraft(next);
      keepDraft(browserStorage(), service, next);
    },
    [service],
  );
  return [draft, keep] as const;
}

/** Null on the server, and where the browser forbids it (reading the property throws there). */
function browserStorage(): Storage | null {
  try {
    return typeof window === 'undefined' ? null : window.localStorage;
  } catch {
    return null;
  }
}
