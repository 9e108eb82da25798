import type { Health } from '@tulle/model';
import type { Quantity } from '@/lib/format/quantity.ts';
import classes from './num.module.css';

export type NumTone = Health | 'plain' | 'quiet';

export interface NumProps {
  quantity: Quantity;
  /** Colour by health; `well` stays plain in a table, where only trouble should stand out, unless it is asked for. */
  tone?: NumTone;
  /** Shown on hover and focus: the query, a line break, where and when it was taken. See hintOf. */
  hint?: string;
  /** `title`: the figure of a card or a chart's head. */
  size?: 'body' | 'title';
}

/** A number with tabular figures and its unit in a lighter grey. An absent number is words, never a dash or 0. */
export function Num({ quantity, tone = 'plain', hint, size = 'body' }: NumProps) {
  if (quantity.kind === 'absent') {
    return <span className={classes['absent']}>{quantity.words}</span>;
  }
  return (
    <span className={classes['num']} data-tone={tone} data-size={size} data-hint={hint}>
      {quantity.figure}
      {quantity.unit === '' ? null : (
        <span className={classes['unit']}>{`\u00a0${quantity.unit}`}</span>
      )}
    </span>
  );
}
