'use client';
import { useMediaQuery } from '@mantine/hooks';
import { parseAsBoolean, parseAsString, useQueryState } from 'nuqs';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { ResourceRef, TapExchange } from '@tulle/model';
import type { Sort } from '@/components/ui/data-table/data-table.tsx';
import { FilterBar } from '@/components/ui/filter-bar/filter-bar.tsx';
import { useTypedFilter } from '@/lib/filter/use-typed-filter.ts';
import { useNow } from '@/lib/format/use-now.ts';
import { useShortcuts } from '@/lib/keyboard/use-shortcuts.ts';
import { useTap } from '../data/use-tap.ts';
import { TapGroups } from './tap-groups.tsx';
import { TapList } from './tap-list.tsx';
import { TapView } from './tap-view.tsx';

/** Rows completion looks at. */
const SEEN_ROWS = 500;

/** Live requests of one resource. The filter, and whether alike ones are grouped, are in the address. */
export function TapPage({ resource }: { resource: ResourceRef }) {
  const [text, setText] = useQueryState('q', parseAsString.withDefault(''));
  const [grouped, setGrouped] = useQueryState('group', parseAsBoolean.withDefault(false));
  const [draft, setDraft] = useState('');
  const [paused, setPaused] = useState(false);
  const [held, setHeld] = useState(false);
  const [bodies, setBodies] = useState(false);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [sort, setSort] = useState<Sort>(null);
  const narrow = useMediaQuery('(width <= 760px)');
  const { terms, filter, issues } = useTypedFilter(text, draft, setDraft);
  const tap = useTap(resource, filter, bodies);
  const { store, snapshot } = tap;
  const nowMs = useNow();

  useEffect(() => {
    store.setFrozen(paused || held);
  }, [store, paused, held]);
  useShortcuts({
    p: () => setPaused((before) => !before),
    Escape: () => setSelectedId(null),
  });
  const onlyThese = useCallback(
    (more: string) => {
      void setText((before) => (before === null || before === '' ? more : `${before} ${more}`));
      void setGrouped(false);
    },
    [setText, setGrouped],
  );
  const select = useCallback((exchange: TapExchange) => setSelectedId(exchange.id), []);
  const selected = useMemo(
    () => snapshot.shown.find(({ id }) => id === selectedId) ?? null,
    [snapshot, selectedId],
  );
  return (
    <TapView
      resource={resource}
      tap={tap}
      filterText={filter.text.trim()}
      nowMs={nowMs}
      paused={paused}
      grouped={grouped}
      selected={selected}
      bodies={bodies}
      onBodies={() => setBodies(!bodies)}
      onPause={() => setPaused(!paused)}
      onGroup={() => void setGrouped(!grouped)}
      onClear={() => store.clear()}
      onClose={() => setSelectedId(null)}
      onOnlyThese={onlyThese}
      filterBar={
        <FilterBar
          label="Filter the tap"
          placeholder="Filter by status, path, latency, header, size"
          terms={terms}
          draft={draft}
          issues={issues}
          onDraft={setDraft}
          onTerms={(next) => void setText(next === '' ? null : next)}
          seen={() => store.rows().slice(-SEEN_ROWS)}
        />
      }
    >
      {grouped ? (
        <TapGroups rows={snapshot.shown} sort={sort} onSort={setSort} onOnlyThese={onlyThese} />
      ) : (
        <TapList
          rows={snapshot.shown}
          waiting={paused ? 0 : snapshot.waiting}
          selectedId={selectedId}
          onSelect={select}
          onHold={setHeld}
          narrow={narrow}
        />
      )}
    </TapView>
  );
}
