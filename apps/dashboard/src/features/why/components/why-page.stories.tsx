import type { Meta } from '@storybook/nextjs-vite';
import { TulleError } from '@tulle/model';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { pageStory } from '@/fixtures/page-story.tsx';
import { deployment, NOW_MS } from '@/fixtures/mesh.ts';
import { NOTHING_FAILS } from '@/fixtures/why.ts';
import { WhyPage } from './why-page.tsx';

const meta: Meta = {
  title: 'pages/Why',
  parameters: {
    bare: true,
    nextjs: { navigation: { pathname: '/why/emojivoto/deployment/voting' } },
  },
};
export default meta;

const story = (options?: StillClientOptions) =>
  pageStory(<WhyPage workload={deployment('voting')} />, options);

export const Doughnut = story();
export const NothingFails = story({ why: NOTHING_FAILS });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({ connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 } });
