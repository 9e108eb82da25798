'use client';
import { useMediaQuery } from '@mantine/hooks';
import { parseAsBoolean, parseAsString, useQueryState } from 'nuqs';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { EMPTY_FILTER, FILTER_KEYS, parseFilter } from '@tulle/model';
import type { ResourceRef, TapExchange } from '@tulle/model';
import type { Sort } from '@/components/ui/data-table/data-table.tsx';
import { useNow } from '@/lib/format/use-now.ts';
import { useShortcuts } from '@/lib/keyboard/use-shortcuts.ts';
import { useTap } from '../data/use-tap.ts';
import { FilterBar } from './filter-bar.tsx';
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

/**
 * The filter in force: the terms of the address and, as far as it can be read, what is being typed. A filter in the
 * address that cannot be read is put into the line, where its fault is said.
 */
function useTypedFilter(text: string, draft: string, setDraft: (draft: string) => void) {
  const committed = useMemo(() => parseFilter(text), [text]);
  const typed = useMemo(() => parseFilter(draft), [draft]);
  const unreadable = committed.ok ? '' : text;
  useEffect(() => {
    if (unreadable !== '') setDraft(unreadable);
  }, [unreadable, setDraft]);
  const filter = useMemo(() => {
    const base = committed.ok ? text : '';
    const all = parseFilter(typed.ok && !isKeyBegun(draft) ? `${base} ${draft}` : base);
    return all.ok ? all.filter : EMPTY_FILTER;
  }, [committed, typed, text, draft]);
  return {
    terms: committed.ok ? committed.filter.terms : [],
    filter,
    issues: typed.ok ? [] : typed.issues,
  };
}

/** "pa" may become `path:`; it is not searched for until it is more than a key's beginning. */
function isKeyBegun(draft: string): boolean {
  const word = (/\S*$/.exec(draft)?.[0] ?? '').replace(/^-/, '').toLowerCase();
  return word !== '' && FILTER_KEYS.some((key) => key.startsWith(word));
}
