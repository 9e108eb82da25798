'use client';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { ServiceRef } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState, ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { routesAddress } from '@/lib/navigation/addresses.ts';
import classes from './routes.module.css';

const NO_PARAMS = {};

/** Services whose routes can be defined. */
export function RoutesChooser() {
  const { data, error } = useLiveState('overview', NO_PARAMS);
  return (
    <>
      <PageHead title="Routes">timeouts, retries and numbers for each kind of request</PageHead>
      <Card padded={false}>
        {data === undefined && error === null ? <LoadingState what="the services" /> : null}
        {error === null ? null : (
          <ErrorState title="The services could not be read" error={error}>
            They are asked for again by themselves.
          </ErrorState>
        )}
        {data === undefined ? null : <Services services={data.services} />}
      </Card>
      <Foot command="tulle viz routes" />
    </>
  );
}

function Services({ services }: { services: readonly ServiceRef[] }) {
  if (services.length === 0) {
    return (
      <EmptyState title="No service is defined">Routes belong to services of mesh.yaml.</EmptyState>
    );
  }
  return (
    <ul className={classes['seen']}>
      {services.map((service) => (
        <li key={keyOf(service)}>
          <Link className={classes['service']} href={routesAddress(service)} data-row-link>
            <b>{service.name}</b>
            <span>{service.namespace}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
