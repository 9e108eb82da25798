import Link from 'next/link';
import type { WhyFacet, WhyValue, WorkloadRef } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { percent, plain } from '@/lib/format/quantity.ts';
import { tapAddress } from '@/lib/navigation/addresses.ts';
import { FACET_WORDS } from '../view-model/facet-words.ts';
import classes from './why.module.css';

export interface WhyFacetCardProps {
  facet: WhyFacet;
  workload: WorkloadRef;
}

/** Failures by one property. The bar is a value's share of the failures, the mark on it its share of the requests. */
export function WhyFacetCard({ facet, workload }: WhyFacetCardProps) {
  const { title, note } = FACET_WORDS[facet.property];
  return (
    <Card title={title} note={note}>
      {facet.values.length === 0 ? (
        <p className={classes['none']}>No failure was sampled.</p>
      ) : (
        <ul className={classes['values']}>
          {facet.values.map((value) => (
            <li key={value.words}>
              <Link
                href={tapAddress(workload, value.filter)}
                className={classes['value']}
                data-row-link
                data-hint={`Opens a tap of ${value.filter}`}
              >
                <span className={classes['words']}>
                  <span className={classes['name']}>{value.words}</span>
                  {value.overRepresented ? <Tag tone="warn">stands out</Tag> : null}
                </span>
                <span className={classes['figure']}>
                  {plain(percent(value.failureShare))} <small>{sampleWords(value)}</small>
                </span>
                <span className={classes['track']} aria-hidden>
                  <span
                    className={classes['fill']}
                    style={{ width: `${value.failureShare * 100}%` }}
                  />
                  {facet.property === 'status' ? null : (
                    <span
                      className={classes['mark']}
                      style={{ left: `${value.requestShare * 100}%` }}
                    />
                  )}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {facet.more === 0 ? null : (
        <p className={classes['none']}>and {facet.more} more with fewer failures</p>
      )}
    </Card>
  );
}

function sampleWords({ failures, requests }: WhyValue): string {
  return failures === requests ? `all ${requests} failed` : `${failures} of ${requests} failed`;
}
