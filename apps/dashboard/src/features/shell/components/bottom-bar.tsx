'use client';
import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconActivity,
  IconBox,
  IconLayoutDashboard,
  IconRoute,
  IconSearch,
} from '@tabler/icons-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';
import type { OverviewView } from '@tulle/model';
import { PLACES } from '../view-model/places.ts';
import { SchemeSwitch } from './scheme-switch.tsx';
import { MeshLinks } from './sidebar.tsx';
import classes from './bottom-bar.module.css';

const ICONS: Readonly<Record<string, typeof IconBox>> = {
  Overview: IconLayoutDashboard,
  Tap: IconActivity,
  Routes: IconRoute,
};

export interface BottomBarProps {
  overview: OverviewView | undefined;
}

/** The sidebar of a narrow screen: three pages, the workloads as a sheet, and the search. */
export function BottomBar({ overview }: BottomBarProps) {
  const pathname = usePathname();
  const [opened, sheet] = useDisclosure(false);
  const { close } = sheet;
  useEffect(close, [pathname, close]);
  return (
    <nav className={classes['bar']} aria-label="Main, narrow">
      {PLACES.map(({ words, href, holds }) => {
        const Icon = ICONS[words] ?? IconBox;
        return (
          <Link
            key={href}
            href={href}
            className={classes['item']}
            aria-current={holds(pathname) ? 'page' : undefined}
          >
            <Icon size={20} stroke={1.7} aria-hidden />
            {words}
          </Link>
        );
      })}
      <button
        type="button"
        className={classes['item']}
        aria-current={pathname.startsWith('/ns/') ? 'page' : undefined}
        onClick={sheet.open}
      >
        <IconBox size={20} stroke={1.7} aria-hidden />
        Workloads
      </button>
      <button type="button" className={classes['item']} onClick={spotlight.open}>
        <IconSearch size={20} stroke={1.7} aria-hidden />
        Search
      </button>
      <Drawer
        opened={opened}
        onClose={close}
        position="bottom"
        title="Workloads"
        classNames={{ content: classes['sheet'] ?? '' }}
      >
        <MeshLinks overview={overview} pathname={pathname} />
        <div className={classes['scheme']}>
          <SchemeSwitch />
        </div>
      </Drawer>
    </nav>
  );
}
