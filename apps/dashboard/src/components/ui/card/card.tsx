import { useId } from 'react';
import type { ReactNode } from 'react';
import classes from './card.module.css';

export interface CardProps {
  /** Becomes the card's heading and names its region. */
  title?: ReactNode;
  /** A quieter line beside the title. */
  note?: ReactNode;
  /** Figures or actions at the head's right end. */
  aside?: ReactNode;
  /** False when the content (a table) runs to the card's edges. Default true. */
  padded?: boolean;
  children: ReactNode;
}

/** A sheet of its own on the page: hairline border, almost no shadow. */
export function Card({ title, note, aside, padded = true, children }: CardProps) {
  const headingId = useId();
  const hasHead = title !== undefined || aside !== undefined;
  return (
    <section
      className={classes['card']}
      aria-labelledby={title === undefined ? undefined : headingId}
    >
      {hasHead ? (
        <header className={classes['head']}>
          {title === undefined ? null : (
            <h2 className={classes['title']} id={headingId}>
              {title}
            </h2>
          )}
          {note === undefined ? null : <span className={classes['note']}>{note}</span>}
          {aside === undefined ? null : <div className={classes['aside']}>{aside}</div>}
        </header>
      ) : null}
      <div className={padded ? classes['padded'] : classes['flush']}>{children}</div>
    </section>
  );
}
