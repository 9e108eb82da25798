import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import { NuqsTestingAdapter } from 'nuqs/adapters/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLiveClient } from '@tulle/live/client';
import type { LiveClient } from '@tulle/live/client';
import { ALL_WELL, TROUBLED } from '@/fixtures/mesh.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { NodeWebSocket, serveOverview } from '@/testing/real-live-server.ts';
import type { RealLiveServer } from '@/testing/real-live-server.ts';
import { OverviewPage } from './overview-page.tsx';

let server: RealLiveServer;
let client: LiveClient;

beforeEach(async () => {
  server = await serveOverview(TROUBLED);
  client = createLiveClient({ url: server.url, WebSocket: NodeWebSocket });
});

afterEach(async () => {
  client.close();
  await server.close();
});

function show() {
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <NuqsTestingAdapter>
          <LiveProvider client={client}>
            <OverviewPage />
          </LiveProvider>
        </NuqsTestingAdapter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it('says what needs a person and shows each workload with its own numbers', async () => {
  show();
  await screen.findByRole('heading', { level: 1, name: 'Two workloads need you' });
  const card = screen.getByRole('article', { name: 'voting fails 14.8 % of its requests' });
  within(card).getByRole('link', { name: 'See why' });
  const table = screen.getByRole('table', { name: 'Workloads of emojivoto' });
  const rows = within(table).getAllByRole('row').slice(1);
  expect(rows.map((row) => within(row).getByRole('link').textContent)).toEqual([
    'votingdeployment',
    'webdeployment',
    'emojideployment',
    'vote-botdeployment',
  ]);
  expect(rows.at(-1)?.textContent).toContain('no inbound');
});

it('follows the mesh without being asked', async () => {
  show();
  await screen.findByText('Two workloads need you');
  server.set(ALL_WELL);
  await screen.findByText('Everything is well');
  expect(screen.queryByRole('article')).toBeNull();
});

it('keeps the last numbers and marks them stale when the connection is lost', async () => {
  const { container } = show();
  await screen.findByText('Two workloads need you');
  await server.close();
  await waitFor(() => {
    expect(container.querySelector('[data-stale="true"]')).not.toBeNull();
  });
  screen.getByText('Two workloads need you');
});
