'use client';
import { Button, Menu } from '@mantine/core';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { WorkloadView } from '@tulle/model';
import { routesAddress, tapAddress } from '@/lib/navigation/addresses.ts';

export interface WorkloadActionsProps {
  view: WorkloadView;
  /** Asked for by "Inject" or "Take out of mesh". */
  onInject: () => void;
}

/** What can be done with a workload. */
export function WorkloadActions({ view, onInject }: WorkloadActionsProps) {
  const { ref, meshed } = view.row;
  return (
    <>
      <EditRoutes services={view.services} />
      <Button onClick={onInject} variant={meshed.meshed === 0 ? 'filled' : 'default'}>
        {meshed.meshed === 0 ? `Inject ${ref.name}` : 'Take out of mesh'}
      </Button>
      <Button
        component={Link}
        href={tapAddress(ref)}
        variant={meshed.meshed === 0 ? 'default' : 'filled'}
      >
        Tap
      </Button>
    </>
  );
}

function EditRoutes({ services }: Pick<WorkloadView, 'services'>) {
  const [first, ...others] = services;
  if (first === undefined) return null;
  if (others.length === 0) {
    return (
      <Button component={Link} href={routesAddress(first)}>
        Edit routes
      </Button>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button>Edit routes</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {services.map((service) => (
          <Menu.Item key={keyOf(service)} component={Link} href={routesAddress(service)}>
            {service.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
