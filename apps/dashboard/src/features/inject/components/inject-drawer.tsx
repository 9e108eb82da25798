'use client';
import { Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { InjectRequest, WorkloadRef } from '@tulle/model';
import { drawerTitle } from '../view-model/inject-words.ts';
import { InjectDrawerBody } from './inject-drawer-body.tsx';
import classes from './inject-drawer.module.css';

export interface InjectDrawerProps {
  workload: WorkloadRef;
  /** `enabled` brings it into the mesh, `disabled` takes it out. */
  to: InjectRequest['inject'];
  opened: boolean;
  onClose: () => void;
}

/** Says what injecting a workload (or taking it out) will change, does it, and follows it to its first request. */
export function InjectDrawer({ workload, to, opened, onClose }: InjectDrawerProps) {
  const narrow = useMediaQuery('(width <= 760px)');
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position={narrow ? 'bottom' : 'right'}
      size={narrow ? '92%' : 592}
      title={drawerTitle(workload, to)}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{
        content: classes['content'] ?? '',
        header: classes['header'] ?? '',
        body: classes['body'] ?? '',
      }}
    >
      <InjectDrawerBody workload={workload} to={to} onClose={onClose} />
    </Drawer>
  );
}
