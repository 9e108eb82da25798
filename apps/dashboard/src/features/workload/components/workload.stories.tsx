import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { TulleError } from '@tulle/model';
import type { WorkloadView } from '@tulle/model';
import { AppShell } from '@/features/shell/components/app-shell.tsx';
import { stillClient } from '@/fixtures/live-client.ts';
import { deployment } from '@/fixtures/mesh.ts';
import { EARLIER, OUTSIDE, SERIES, WORKLOAD } from '@/fixtures/workload.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { chartPoints, stretchOf } from '../view-model/chart-points.ts';
import type { ChartData } from './use-chart-data.ts';
import { WorkloadContent } from './workload-content.tsx';
import { WorkloadWaiting } from './workload-page.tsx';

const meta: Meta = {
  title: 'pages/Workload',
  parameters: {
    bare: true,
    nextjs: { navigation: { pathname: '/ns/emojivoto/deployment/web' } },
  },
};
export default meta;

const CHARTS: ChartData = {
  points: chartPoints(SERIES, EARLIER),
  stretch: stretchOf(SERIES, 900, null),
  words: 'the last 15 min',
  chosen: null,
  choose: () => undefined,
  back: () => undefined,
  error: null,
};

function Page({ children }: { children: ReactNode }) {
  return (
    <QueryClientProvider client={new QueryClient()}>
      <LiveProvider client={CLIENT}>
        <AppShell>
          <div className="page">{children}</div>
        </AppShell>
      </LiveProvider>
    </QueryClientProvider>
  );
}

const CLIENT = stillClient();

function story(view: WorkloadView, charts: ChartData = CHARTS): StoryObj {
  return {
    render: () => (
      <Page>
        <WorkloadContent view={view} charts={charts} onInject={() => undefined} />
      </Page>
    ),
  };
}

export const Degraded = story(WORKLOAD);
export const Outside = story(OUTSIDE);
export const NoFailures = story({ ...WORKLOAD, failures: OUTSIDE.failures, routes: [] });
export const ChartsWaiting = story(WORKLOAD, { ...CHARTS, points: [] });
export const Loading: StoryObj = {
  render: () => (
    <Page>
      <WorkloadWaiting workload={deployment('web')} error={null} />
    </Page>
  ),
};
export const Missing: StoryObj = {
  render: () => (
    <Page>
      <WorkloadWaiting
        workload={deployment('nobody')}
        error={new TulleError('not_found', 'emojivoto has no deployment named nobody.')}
      />
    </Page>
  ),
};
