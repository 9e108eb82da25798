import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { TulleError } from '@tulle/model';
import { AppShell } from '@/features/shell/components/app-shell.tsx';
import { stillClient } from '@/fixtures/live-client.ts';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { largeMap, mapView } from '@/fixtures/map.ts';
import { NOW_MS } from '@/fixtures/mesh.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { MapPage } from './map-page.tsx';

const meta: Meta = {
  title: 'pages/Map',
  parameters: { bare: true, nextjs: { navigation: { pathname: '/map' } } },
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
            <MapPage />
          </AppShell>
        </LiveProvider>
      </QueryClientProvider>
    ),
  };
}

export const Troubled = story({});
export const Empty = story({ map: mapView([], []) });
export const FiveHundred = story({ map: largeMap(500, 20, 2000) });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({ connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 } });
