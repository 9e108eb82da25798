import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { TulleError } from '@tulle/model';
import { createFakeLive } from '@/fixtures/fake-live.ts';
import { TROUBLED } from '@/fixtures/mesh.ts';
import { ROUTES_VIEW, STORED, WEB_SVC } from '@/fixtures/routes.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { draftOf, newRow, specOf } from '../view-model/draft.ts';
import type { RoutesDraft } from '../view-model/draft.ts';
import { issuesOf } from '../view-model/draft-issues.ts';
import { editDraft } from '../view-model/edit-draft.ts';
import { RoutesChooser } from './routes-chooser.tsx';
import { RoutesPage } from './routes-page.tsx';
import { RoutesView } from './routes-view.tsx';

const meta: Meta = { title: 'features/Routes' };
export default meta;

const EDITED: RoutesDraft = [
  { kind: 'change', id: 's0', change: { timeout: '250ms' } } as const,
  { kind: 'add', row: newRow('n1', { method: 'GET', path: '/dist/{file}' }) } as const,
].reduce<RoutesDraft>(editDraft, draftOf(STORED));

const BROKEN = editDraft(EDITED, {
  kind: 'add',
  row: newRow('n2', { method: 'POST', path: '/api/vote(' }),
});

interface StageProps {
  start: RoutesDraft;
  behind?: boolean;
  refusal?: TulleError;
}

function Stage({ start, behind = false, refusal }: StageProps) {
  const [draft, setDraft] = useState(start);
  const spec = specOf(draft, STORED.spec);
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 16 }}>
      <RoutesView
        service={WEB_SVC}
        stored={STORED}
        draft={draft}
        spec={spec}
        changed={draft.rows !== draftOf(STORED).rows && start !== PRISTINE}
        behind={behind}
        issues={issuesOf(spec, [])}
        live={{ data: ROUTES_VIEW, stale: false, error: null }}
        saving={false}
        savedVersion={null}
        refusal={refusal ?? null}
        onEdit={(edit) => setDraft(editDraft(draft, edit))}
        onSave={() => undefined}
        onDiscard={() => setDraft(draftOf(STORED))}
      />
    </div>
  );
}

const PRISTINE = draftOf(STORED);

export const InForce: StoryObj = { render: () => <Stage start={PRISTINE} /> };
export const Edited: StoryObj = { render: () => <Stage start={EDITED} /> };
export const Faulty: StoryObj = { render: () => <Stage start={BROKEN} /> };
export const Conflict: StoryObj = {
  render: () => <Stage start={{ ...EDITED, baseVersion: 6 }} behind />,
};
export const NotSaved: StoryObj = {
  render: () => (
    <Stage
      start={EDITED}
      refusal={new TulleError('unavailable', 'The controller does not answer. Traffic goes on.')}
    />
  ),
};

function Loaded({ stored }: { stored?: typeof STORED }) {
  const [queries] = useState(() => {
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    if (stored !== undefined) client.setQueryData(['profile', 'emojivoto/service/web-svc'], stored);
    return client;
  });
  return (
    <QueryClientProvider client={queries}>
      <LiveProvider client={createFakeLive({ states: { overview: TROUBLED } })}>
        {stored === undefined ? <RoutesChooser /> : <RoutesPage service={WEB_SVC} />}
      </LiveProvider>
    </QueryClientProvider>
  );
}

export const NoneYet: StoryObj = {
  render: () => <Loaded stored={{ ...STORED, version: 0, spec: { routes: [] } }} />,
};
export const Chooser: StoryObj = { render: () => <Loaded /> };
