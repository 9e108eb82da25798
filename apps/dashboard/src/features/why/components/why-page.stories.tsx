import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { TulleError } from '@tulle/model';
import { AppShell } from '@/features/shell/components/app-shell.tsx';
import { stillClient } from '@/fixtures/live-client.ts';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { deployment, NOW_MS } from '@/fixtures/mesh.ts';
import { NOTHING_FAILS } from '@/fixtures/why.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { WhyPage } from './why-page.tsx';

const meta: Meta = {
  title: 'pages/Why',
  parameters: {
    bare: true,
    nextjs: { navigation: { pathname: '/why/emojivoto/deployment/voting' } },
  },
};
export default meta;

function story(options: StillClientOptions): StoryObj {
  const client = stillClient(options);
  const queryClient = new QueryClient();
  return {
    render: () => (
      <QueryClientProvider client={queryClient}>
        <LiveProvider client={client}>
          <AppShell>
            <WhyPage workload={deployment('voting')} />
          </AppShell>
        </LiveProvider>
      </QueryClientProvider>
    ),
  };
}

export const Doughnut = story({});
export const NothingFails = story({ why: NOTHING_FAILS });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({ connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 } });
