import { Button } from '@mantine/core';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { WhyView } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { Sparkline, successFloor } from '@/components/ui/sparkline/sparkline.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { hintOf, queryOf } from '@/lib/format/queries.ts';
import { percent } from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import { tapAddress, whyAddress, workloadAddress } from '@/lib/navigation/addresses.ts';
import { FailureCard } from './failure-card.tsx';
import { WhyFacetCard } from './why-facet-card.tsx';
import classes from './why.module.css';

/** The page with its data: the sentence, who refused, then each property the failures can be told apart by. */
export function WhyContent({ view }: { view: WhyView }) {
  const { row, provenance, failures } = view;
  const { ref, golden } = row;
  const quiet = view.sampledFailures === 0 && failures.total === 0;
  return (
    <>
      <PageHead
        title={quiet ? `${ref.name} fails nothing` : `Why ${ref.name} fails`}
        health={row.health}
        actions={
          <>
            <Button component={Link} href={workloadAddress(ref)}>
              Open {ref.name}
            </Button>
            <Button component={Link} href={tapAddress(ref, 'failed:yes')}>
              Tap its failures
            </Button>
          </>
        }
      />
      {quiet ? (
        <Card padded={false}>
          <EmptyState title="Nothing failed in the last 10 minutes">
            No answer sampled was a failure, and no proxy refused a request. This page fills by
            itself as soon as one does.
          </EmptyState>
        </Card>
      ) : (
        <>
          <div className={classes['top']}>
            <Card
              title="In one sentence"
              aside={
                <Num
                  quantity={percent(golden?.successRate ?? null)}
                  tone={row.health}
                  size="title"
                  hint={hintOf(queryOf('success', ref, provenance.windowSeconds), provenance)}
                />
              }
            >
              <p className={classes['sentence']}>
                {view.sentence ??
                  'Failures are counted, but none was sampled yet: look again in a few seconds.'}
              </p>
              <Sparkline
                values={row.sparkSuccess}
                tone={row.health}
                floor={successFloor(row.sparkSuccess)}
                ceiling={1}
                height={44}
                label={`Success of ${ref.name}, last 10 minutes`}
              />
              <Callees view={view} />
            </Card>
            <FailureCard failures={failures} windowSeconds={provenance.windowSeconds} />
          </div>
          <div className={classes['facets']}>
            {view.facets.map((facet) => (
              <WhyFacetCard key={facet.property} facet={facet} workload={ref} />
            ))}
          </div>
        </>
      )}
      <Foot
        command={`tulle viz why deploy/${ref.name} -n ${ref.namespace}`}
        provenance={provenance}
      >
        {countOf(view.sampledFailures, 'failure')} among {view.sampledRequests} requests sampled in
        10 minutes
      </Foot>
    </>
  );
}

/** Which called workloads failed it: the place to look next. */
function Callees({ view }: { view: WhyView }) {
  if (view.callees.length === 0) return null;
  return (
    <p>
      It waited in vain on{' '}
      {view.callees.map(({ workload, failures }, index) => (
        <span key={keyOf(workload)}>
          {index === 0 ? '' : ', '}
          <Link href={whyAddress(workload)} className={classes['link']}>
            {workload.name}
          </Link>{' '}
          ({countOf(failures, 'failure')} of the last minute)
        </span>
      ))}
      .
    </p>
  );
}
