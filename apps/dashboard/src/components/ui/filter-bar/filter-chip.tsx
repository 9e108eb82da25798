import { IconX } from '@tabler/icons-react';
import { formatTerm, isDecidedByProxy } from '@tulle/model';
import type { FilterTerm } from '@tulle/model';
import classes from './filter-bar.module.css';

interface FilterChipProps {
  term: FilterTerm;
  /** By default it says where the term is decided. */
  hint: string | undefined;
  onEdit: () => void;
  onRemove: () => void;
}

/** One term in force. Its shade says where it is decided: in the proxies, or here from what arrived. */
export function FilterChip({ term, hint, onEdit, onRemove }: FilterChipProps) {
  const text = formatTerm(term);
  const byProxy = isDecidedByProxy(term);
  return (
    <span
      className={classes['chip']}
      data-by={byProxy && hint === undefined ? 'proxy' : 'page'}
      data-hint={
        hint ??
        (byProxy
          ? 'Decided in the proxies: nothing that matches is lost'
          : 'Decided here, from what the proxies sent')
      }
    >
      <button type="button" className={classes['chipText']} onClick={onEdit}>
        {text}
      </button>
      <button
        type="button"
        className={classes['chipRemove']}
        aria-label={`Remove ${text}`}
        onClick={onRemove}
      >
        <IconX size={11} stroke={2.4} aria-hidden />
      </button>
    </span>
  );
}
