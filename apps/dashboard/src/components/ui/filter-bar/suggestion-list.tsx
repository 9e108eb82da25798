/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a combobox's list cannot be a select: the input keeps the focus */
import type { FilterSuggestion } from '@tulle/model';
import classes from './filter-bar.module.css';

interface SuggestionListProps {
  id: string;
  items: readonly FilterSuggestion[];
  /** -1 for none. */
  picked: number;
  onPick: (index: number) => void;
}

/** What could be typed next. The input keeps the focus; a press picks before the blur would close the list. */
export function SuggestionList({ id, items, picked, onPick }: SuggestionListProps) {
  return (
    <div
      className={classes['list']}
      id={id}
      role="listbox"
      aria-label="Suggestions"
      hidden={items.length === 0}
    >
      {items.map(({ insert, about }, index) => (
        <div
          key={insert}
          id={`${id}-${index}`}
          className={classes['option']}
          role="option"
          tabIndex={-1}
          aria-selected={index === picked}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(index);
          }}
        >
          <code>{insert}</code>
          <span>{about}</span>
        </div>
      ))}
    </div>
  );
}
