import type { Meta } from '@storybook/nextjs-vite';
import { TulleError } from '@tulle/model';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { pageStory } from '@/fixtures/page-story.tsx';
import { ALL_WELL, NOW_MS, overview } from '@/fixtures/mesh.ts';
import { OverviewPage } from './overview-page.tsx';

const meta: Meta = {
  title: 'pages/Overview',
  parameters: { bare: true, nextjs: { navigation: { pathname: '/' } } },
};
export default meta;

const story = (options?: StillClientOptions) => pageStory(<OverviewPage />, options);

export const Troubled = story();
export const AllWell = story({ overview: ALL_WELL });
export const Empty = story({ overview: { ...overview([]), changes: [] } });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({
  connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 },
});
