'use client';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { LiveWaiting } from '@/features/shell/components/live-waiting.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { MapContent } from './map-content.tsx';

const NO_PARAMS = {};

/** Who speaks to whom, over all namespaces, refreshed each second. */
export function MapPage() {
  const { data, stale, error } = useLiveState('map', NO_PARAMS);
  if (data === undefined) {
    return (
      <>
        <PageHead title="Map" />
        <LiveWaiting what="the map" error={error} failure="The map could not be read" />
      </>
    );
  }
  return (
    <div className="page" data-stale={stale}>
      <MapContent view={data} />
    </div>
  );
}
