'use client';
import { parseAsArrayOf, parseAsBoolean, parseAsString, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import type { MapView } from '@tulle/model';

/** With more workloads than this a map opens with its namespaces collapsed: so many boxes could not be read. */
const OPEN_UP_TO = 120;

export interface MapChoicesState {
  readonly filterText: string;
  readonly collapsed: ReadonlySet<string>;
  readonly idle: boolean;
  readonly selected: string | null;
  readonly setFilterText: (text: string) => void;
  readonly setCollapsed: (namespaces: ReadonlySet<string>) => void;
  readonly setIdle: (idle: boolean) => void;
  readonly select: (id: string | null) => void;
}

const PARSERS = {
  q: parseAsString.withDefault(''),
  collapsed: parseAsArrayOf(parseAsString),
  idle: parseAsBoolean.withDefault(false),
  at: parseAsString,
};

/** What a person chose, kept in the address: a pasted link opens the same map. */
export function useMapChoices(view: MapView): MapChoicesState {
  const [{ q, collapsed, idle, at }, set] = useQueryStates(PARSERS);
  const large = Object.keys(view.nodes).length > OPEN_UP_TO;
  const namespaces = useMemo(
    () => [...new Set(Object.values(view.nodes).map(({ ref }) => ref.namespace))].sort(),
    [view.nodes],
  );
  const folded = useMemo(
    () => new Set(collapsed ?? (large ? namespaces : [])),
    [collapsed, large, namespaces],
  );
  return {
    filterText: q,
    collapsed: folded,
    idle,
    selected: at,
    setFilterText: (text) => void set({ q: text === '' ? null : text, at: null }),
    setCollapsed: (next) => void set({ collapsed: [...next].sort(), at: null }),
    setIdle: (next) => void set({ idle: next ? true : null }),
    select: (id) => void set({ at: id }),
  };
}
