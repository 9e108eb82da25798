import { Button } from '@mantine/core';
import Link from 'next/link';
import type { FailureBreakdown } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { percent } from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import { failureParts, mainPart } from '../view-model/failure-parts.ts';
import classes from './failure-card.module.css';

export interface FailureCardProps {
  failures: FailureBreakdown;
  windowSeconds: number;
  /** Where the whole story is; left out on that page itself. */
  whyHref?: string;
}

/** Who refused the failed requests of the window, and what they have in common. */
export function FailureCard({ failures, windowSeconds, whyHref }: FailureCardProps) {
  const parts = failureParts(failures);
  const main = mainPart(parts);
  return (
    <Card
      title="Where failures come from"
      aside={
        main === null ? null : (
          <span className={classes['main']}>
            <Num quantity={percent(main.share)} tone="failing" size="title" /> {main.words}
          </span>
        )
      }
    >
      {main === null ? (
        <p className={classes['none']}>
          Nothing failed in the last {windowSeconds} seconds: no refusal by the application, and
          none by a proxy.
        </p>
      ) : (
        <>
          <div className={classes['bar']} aria-hidden>
            {parts
              .filter((part) => part.count > 0)
              .map((part) => (
                <span
                  key={part.key}
                  className={classes['part']}
                  style={{ flexGrow: part.count }}
                  data-hint={`${part.words}: ${countOf(part.count, 'failure')}`}
                >
                  {part.share > 0.15 ? `${part.words} ${part.count}` : null}
                </span>
              ))}
          </div>
          <dl className={classes['parts']}>
            {parts.map((part) => (
              <div key={part.key} data-none={part.count === 0}>
                <dt>{part.words}</dt>
                <dd>{part.count}</dd>
              </div>
            ))}
          </dl>
          {failures.overRepresented === null ? null : <p>{failures.overRepresented}</p>}
          {whyHref === undefined ? null : (
            <div>
              <Button component={Link} href={whyHref} size="xs">
                See why
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  );
}
