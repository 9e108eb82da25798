import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { TulleError } from '@tulle/model';
import { AppShell } from '@/features/shell/components/app-shell.tsx';
import { stillClient } from '@/fixtures/live-client.ts';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { ALL_WELL, NOW_MS, overview } from '@/fixtures/mesh.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { OverviewPage } from './overview-page.tsx';

const meta: Meta = {
  title: 'pages/Overview',
  parameters: { bare: true, nextjs: { navigation: { pathname: '/' } } },
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
            <OverviewPage />
          </AppShell>
        </LiveProvider>
      </QueryClientProvider>
    ),
  };
}

export const Troubled = story({});
export const AllWell = story({ overview: ALL_WELL });
export const Empty = story({ overview: { ...overview([]), changes: [] } });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({
  connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 },
});
