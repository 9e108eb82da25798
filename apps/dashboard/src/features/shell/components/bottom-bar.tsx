'use client';
import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconActivity,
  IconBox,
  IconDots,
  IconLayoutDashboard,
  IconSearch,
  IconTopologyStar3,
} from '@tabler/icons-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';
import type { OverviewView } from '@tulle/model';
import { PLACES } from '../view-model/places.ts';
import { SchemeSwitch } from './scheme-switch.tsx';
import { MeshLinks, PlaceLinks } from './sidebar.tsx';
import classes from './bottom-bar.module.css';

const ICONS: Readonly<Record<string, typeof IconBox>> = {
  Overview: IconLayoutDashboard,
  Map: IconTopologyStar3,
  Tap: IconActivity,
};

export interface BottomBarProps {
  overview: OverviewView | undefined;
}

/** The sidebar of a narrow screen: three pages, the search, and all the rest as a sheet. */
export function BottomBar({ overview }: BottomBarProps) {
  const pathname = usePathname();
  const [opened, sheet] = useDisclosure(false);
  const { close } = sheet;
  useEffect(close, [pathname, close]);
  return (
    <nav className={classes['bar']} aria-label="Main, narrow">
      {PLACES.filter(({ inBar }) => inBar).map(({ words, href, holds }) => {
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
      <button type="button" className={classes['item']} onClick={spotlight.open}>
        <IconSearch size={20} stroke={1.7} aria-hidden />
        Search
      </button>
      <button
        type="button"
        className={classes['item']}
        aria-current={
          PLACES.some(({ inBar, holds }) => inBar && holds(pathname)) ? undefined : 'page'
        }
        onClick={sheet.open}
      >
        <IconDots size={20} stroke={1.7} aria-hidden />
        More
      </button>
      <Drawer
        opened={opened}
        onClose={close}
        position="bottom"
        title="Pages and workloads"
        classNames={{ content: classes['sheet'] ?? '' }}
      >
        <PlaceLinks pathname={pathname} inBar={false} />
        <MeshLinks overview={overview} pathname={pathname} />
        <div className={classes['scheme']}>
          <SchemeSwitch />
        </div>
      </Drawer>
    </nav>
  );
}
