import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { TulleError } from '@tulle/model';
import type { InjectPlan, RolloutState, RolloutView } from '@tulle/model';
import { createFakeLive } from '@/fixtures/fake-live.ts';
import { NOW_MS, VOTE_BOT } from '@/fixtures/mesh.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { injectPlanQuery } from '../data/inject-plan.ts';
import { InjectDrawer } from './inject-drawer.tsx';

const WORKLOAD = VOTE_BOT.ref;

const PLAN: InjectPlan = {
  workload: WORKLOAD,
  to: 'enabled',
  instances: 1,
  expectedSeconds: 2.1,
  findings: [
    {
      kind: 'ok',
      title: '1 edge becomes mutual TLS',
      detail: 'vote-bot → web, plain text today',
      figure: '3.9 /s',
    },
    {
      kind: 'ok',
      title: 'No port speaks first',
      detail: 'It listens on none; HTTP/1.1 seen outbound',
      figure: null,
    },
    {
      kind: 'warning',
      title: 'Its calls wait for the proxy',
      detail: 'The app starts after the proxy is ready, so its first request comes a little later',
      figure: null,
    },
  ],
  written: ['spec.template.metadata.annotations', '+ linkerd.io/inject: enabled'],
};

const ROLLOUT: RolloutState = {
  id: 'r1',
  workload: WORKLOAD,
  cause: 'inject',
  step: 'waiting-ready',
  replaced: 0,
  total: 1,
  startedAtMs: NOW_MS,
  endedAtMs: null,
  message: null,
};

interface StageProps {
  plan?: InjectPlan | 'failed';
  rollout?: RolloutView;
}

function Stage({ plan, rollout }: StageProps) {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  const { queryKey } = injectPlanQuery(WORKLOAD, 'enabled');
  if (plan !== undefined && plan !== 'failed') queries.setQueryData(queryKey, plan);
  if (plan === 'failed') {
    void queries.prefetchQuery({
      queryKey,
      queryFn: () =>
        Promise.reject(new TulleError('unavailable', 'The controller does not answer.')),
    });
  }
  const live = createFakeLive({ states: rollout === undefined ? {} : { rollout } });
  return (
    <QueryClientProvider client={queries}>
      <LiveProvider client={live}>
        <InjectDrawer workload={WORKLOAD} to="enabled" opened onClose={() => undefined} />
      </LiveProvider>
    </QueryClientProvider>
  );
}

const meta: Meta<typeof Stage> = { title: 'features/InjectDrawer', component: Stage };
export default meta;
type Story = StoryObj<typeof Stage>;

export const Plan: Story = { args: { plan: PLAN } };
export const Blocked: Story = {
  args: {
    plan: {
      ...PLAN,
      expectedSeconds: null,
      findings: [
        {
          kind: 'blocked',
          title: 'It is restarting already',
          detail: 'Wait until its rollout has ended',
          figure: null,
        },
      ],
    },
  },
};
export const Waiting: Story = {};
export const Failed: Story = { args: { plan: 'failed' } };
export const Progress: Story = {
  args: { rollout: { rollout: ROLLOUT, firstRequestAtMs: null } },
};
