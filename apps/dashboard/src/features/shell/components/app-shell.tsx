'use client';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { HintLayer } from '@/components/ui/hint/hint-layer.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { BottomBar } from './bottom-bar.tsx';
import { Header } from './header.tsx';
import { KeyboardLayer } from './keyboard-layer.tsx';
import { Palette } from './palette.tsx';
import { Sidebar } from './sidebar.tsx';
import classes from './app-shell.module.css';

const NO_PARAMS = {};

/** What stands around every page: sidebar or bottom bar, header, palette, keyboard and hints. */
export function AppShell({ children }: { children: ReactNode }) {
  const { data: overview } = useLiveState('overview', NO_PARAMS);
  return (
    <div className={classes['shell']}>
      <a href="#main" className={classes['skip']}>
        Skip to the page
      </a>
      <div className={classes['side']}>
        <Sidebar overview={overview} />
      </div>
      <div className={classes['body']}>
        <Header />
        <main id="main" className={classes['main']} tabIndex={-1}>
          {children}
          <HintLayer />
        </main>
      </div>
      <BottomBar overview={overview} />
      <Palette overview={overview} />
      <KeyboardLayer />
      <Notifications position="bottom-right" />
    </div>
  );
}
