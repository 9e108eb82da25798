import type { Meta } from '@storybook/nextjs-vite';
import { TulleError } from '@tulle/model';
import type { StillClientOptions } from '@/fixtures/live-client.ts';
import { pageStory } from '@/fixtures/page-story.tsx';
import { largeMap, mapView } from '@/fixtures/map.ts';
import { NOW_MS } from '@/fixtures/mesh.ts';
import { MapPage } from './map-page.tsx';

const meta: Meta = {
  title: 'pages/Map',
  parameters: { bare: true, nextjs: { navigation: { pathname: '/map' } } },
};
export default meta;

const story = (options?: StillClientOptions) => pageStory(<MapPage />, options);

export const Troubled = story();
export const Empty = story({ map: mapView([], []) });
export const FiveHundred = story({ map: largeMap(500, 20, 2000) });
export const Loading = story({ silent: true });
export const Refused = story({
  refusal: new TulleError('unavailable', 'No proxy has been scraped yet.'),
});
export const Stale = story({ connection: { kind: 'stale', sinceMs: NOW_MS, attempt: 4 } });
