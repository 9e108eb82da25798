'use client';
import { useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { formatFilter, formatTerm, parseFilter, suggestFilter } from '@tulle/model';
import type { FilterIssue, FilterTerm, TapExchange } from '@tulle/model';
import { Kbd } from '../kbd/kbd.tsx';
import { FilterChip } from './filter-chip.tsx';
import { SuggestionList } from './suggestion-list.tsx';
import classes from './filter-bar.module.css';

export interface FilterBarProps {
  /** What is filtered, for somebody who does not see it: "Filter the tap". */
  label: string;
  /** In the empty line. */
  placeholder: string;
  /** What a chip says of itself on hover; by default where the term is decided. */
  chipHint?: string;
  /** Terms in force as chips. */
  terms: readonly FilterTerm[];
  /** What is being typed; it is in force too as soon as it can be read. */
  draft: string;
  /** What is wrong with the draft. */
  issues: readonly FilterIssue[];
  onDraft: (draft: string) => void;
  onTerms: (text: string) => void;
  /** Rows to take values from for completion. */
  seen: () => readonly TapExchange[];
}

const LISTBOX = 'filter-suggestions';

/** The filter: a chip per term, and a line to type the next one with completion. `/` puts the cursor here. */
export function FilterBar(props: FilterBarProps) {
  const { label, placeholder, chipHint, terms, draft, issues, onDraft, onTerms, seen } = props;
  const input = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [picked, setPicked] = useState(-1);
  const [refused, setRefused] = useState(false);
  // With a filter in force and nothing typed, a list of every key would only cover the rows.
  const idle = cursor === null || (draft === '' && terms.length > 0);
  const suggestions = idle ? [] : suggestFilter(draft, cursor, seen());
  const open = suggestions.length > 0;

  function type(text: string, at: number): void {
    onDraft(text);
    setCursor(at);
    setPicked(-1);
    setRefused(false);
  }

  function accept(index: number): void {
    const chosen = suggestions[index];
    if (chosen === undefined) return;
    const text = draft.slice(0, chosen.from) + chosen.insert + draft.slice(chosen.to);
    const end = chosen.from + chosen.insert.length;
    type(text, end);
    input.current?.focus();
    requestAnimationFrame(() => input.current?.setSelectionRange(end, end));
  }

  function commit(): void {
    const parsed = parseFilter(draft);
    setRefused(!parsed.ok);
    if (!parsed.ok || parsed.filter.terms.length === 0) return;
    onTerms(formatFilter([...terms, ...parsed.filter.terms]));
    type('', 0);
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        if (!open) return;
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setPicked((picked + step + suggestions.length + 1) % (suggestions.length + 1));
        break;
      }
      case 'Tab':
        if (!open || draft === '') return;
        accept(picked === -1 ? 0 : picked);
        break;
      case 'Enter':
        if (open && picked !== -1) accept(picked);
        else commit();
        break;
      case 'Escape':
        if (cursor === null) input.current?.blur();
        setCursor(null);
        break;
      case 'Backspace':
        if (draft !== '' || terms.length === 0) return;
        edit(terms.length - 1);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  /** Takes a chip back into the line. */
  function edit(index: number): void {
    const term = terms[index];
    if (term === undefined) return;
    onTerms(formatFilter(terms.filter((_, at) => at !== index)));
    const text = formatTerm(term);
    type(text, text.length);
    input.current?.focus();
  }

  const [issue] = issues;
  return (
    <div className={classes['wrap']}>
      <div className={classes['bar']} data-bad={refused && issue !== undefined}>
        {terms.map((term, index) => (
          <FilterChip
            key={`${index} ${formatTerm(term)}`}
            term={term}
            hint={chipHint}
            onEdit={() => edit(index)}
            onRemove={() => onTerms(formatFilter(terms.filter((_, at) => at !== index)))}
          />
        ))}
        <input
          ref={input}
          className={classes['input']}
          value={draft}
          placeholder={terms.length === 0 ? placeholder : 'and …'}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          data-filter-input
          role="combobox"
          aria-label={label}
          aria-expanded={open}
          aria-controls={LISTBOX}
          aria-autocomplete="list"
          aria-activedescendant={picked === -1 ? undefined : `${LISTBOX}-${picked}`}
          aria-invalid={refused && issue !== undefined}
          onChange={({ target }) =>
            type(target.value, target.selectionStart ?? target.value.length)
          }
          onSelect={({ currentTarget }) => setCursor(currentTarget.selectionStart)}
          onBlur={() => {
            setCursor(null);
            setPicked(-1);
          }}
          onKeyDown={onKeyDown}
        />
        <span className={classes['key']}>
          <Kbd>/</Kbd>
        </span>
      </div>
      <SuggestionList id={LISTBOX} items={suggestions} picked={picked} onPick={accept} />
      {issue === undefined ? null : (
        <p className={classes['issue']} data-refused={refused} role={refused ? 'alert' : undefined}>
          {issue.message}
        </p>
      )}
    </div>
  );
}
