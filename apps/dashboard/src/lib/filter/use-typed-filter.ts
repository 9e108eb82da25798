'use client';
import { useEffect, useMemo } from 'react';
import { EMPTY_FILTER, FILTER_KEYS, parseFilter } from '@tulle/model';
import type { FilterIssue, FilterTerm, TapFilter } from '@tulle/model';

export interface TypedFilter {
  /** Those of the address, as chips. */
  readonly terms: readonly FilterTerm[];
  /** In force. */
  readonly filter: TapFilter;
  /** What is wrong with what is being typed. */
  readonly issues: readonly FilterIssue[];
}

/**
 * The filter in force: the terms of the address and, as far as it can be read, what is being typed. A filter in the
 * address that cannot be read is put into the line, where its fault is said.
 */
export function useTypedFilter(
  text: string,
  draft: string,
  setDraft: (draft: string) => void,
): TypedFilter {
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
