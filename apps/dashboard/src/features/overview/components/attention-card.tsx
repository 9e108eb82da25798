'use client';
import { Button } from '@mantine/core';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { AttentionItem, Provenance, WorkloadRow } from '@tulle/model';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { Sparkline, successFloor } from '@/components/ui/sparkline/sparkline.tsx';
import { hintOf, queryOf } from '@/lib/format/queries.ts';
import { tapAddress, whyAddress, workloadAddress } from '@/lib/navigation/addresses.ts';
import { attentionFigures } from '../view-model/attention-card.ts';
import classes from './attention-card.module.css';

export interface AttentionCardProps {
  item: AttentionItem;
  /** Undefined when the workload is gone since. */
  row: WorkloadRow | undefined;
  provenance: Provenance;
  /** Asked for by the card of a workload outside the mesh. */
  onInject: () => void;
}

/** One sentence that needs a person, its evidence, and what to do next. */
export function AttentionCard({ item, row, provenance, onInject }: AttentionCardProps) {
  const { workload, health, headline, evidence } = item;
  const { spark, sparkOf, figure } = attentionFigures(item, row);
  return (
    <article className={classes['card']} aria-label={`${workload.name} ${headline}`}>
      <h2 className={classes['headline']}>
        <HealthMark health={health} />
        <span>
          <Link href={workloadAddress(workload)} className={classes['name']}>
            {workload.name}
          </Link>{' '}
          {headline}
        </span>
      </h2>
      <p className={classes['evidence']}>{evidence}</p>
      <div className={classes['figures']}>
        {spark.length === 0 ? null : (
          <Sparkline
            values={spark}
            tone={sparkOf === 'success' ? health : 'outside'}
            floor={sparkOf === 'success' ? successFloor(spark) : 0}
            {...(sparkOf === 'success' ? { ceiling: 1 } : {})}
            width={190}
            height={36}
            label={`${sparkOf === 'success' ? 'Success' : 'Requests'} of ${workload.name}, last 10 minutes`}
          />
        )}
        {figure === null ? null : (
          <Num
            quantity={figure}
            tone={health}
            size="title"
            hint={hintOf(queryOf('success', workload, provenance.windowSeconds), provenance)}
          />
        )}
      </div>
      <div className={classes['actions']}>
        {item.kind === 'outside' ? (
          <Button onClick={onInject}>Inject {workload.name}</Button>
        ) : (
          <Button
            component={Link}
            href={item.kind === 'not-ready' ? workloadAddress(workload) : whyAddress(workload)}
          >
            See why
          </Button>
        )}
        <Button component={Link} href={tapAddress(workload)} aria-label={`Tap ${keyOf(workload)}`}>
          Tap
        </Button>
      </div>
    </article>
  );
}
