import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import type { StreamEvent } from '@tulle/live/client';
import type { TapExchange } from '@tulle/model';
import { createFakeLive } from '@/fixtures/fake-live.ts';
import { deployment, TROUBLED } from '@/fixtures/mesh.ts';
import { exchange, minuteOfTraffic } from '@/fixtures/tap.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';
import { TapChooser } from './tap-chooser.tsx';
import { TapPage } from './tap-page.tsx';

const meta: Meta = { title: 'features/Tap' };
export default meta;

type Send = (event: StreamEvent<TapExchange>) => void;

function Stage({ start }: { start?: (send: Send) => () => void }) {
  const streams = start === undefined ? {} : { tap: start as never };
  return (
    <LiveProvider client={createFakeLive({ states: { overview: TROUBLED }, streams })}>
      <div style={{ display: 'flex', flexDirection: 'column', gap: 16 }}>
        <TapPage resource={deployment('web')} />
      </div>
    </LiveProvider>
  );
}

/** A minute of traffic, then seven more a second. */
function traffic(send: Send): () => void {
  send({ kind: 'snapshot', rows: minuteOfTraffic(430, Date.now()) });
  const fresh = minuteOfTraffic(200);
  let sent = 0;
  const timer = setInterval(() => {
    const row = fresh[sent % fresh.length] ?? exchange('x');
    sent += 1;
    send({ kind: 'rows', rows: [{ ...row, id: `n${sent}`, atMs: Date.now() }], dropped: 0 });
  }, 150);
  return () => clearInterval(timer);
}

export const Running: StoryObj = { render: () => <Stage start={traffic} /> };
export const Still: StoryObj = {
  render: () => (
    <Stage
      start={(send) => {
        send({ kind: 'snapshot', rows: minuteOfTraffic(430, Date.now()) });
        return () => undefined;
      }}
    />
  ),
};
export const Waiting: StoryObj = { render: () => <Stage /> };
export const Empty: StoryObj = {
  render: () => (
    <Stage
      start={(send) => {
        send({ kind: 'snapshot', rows: [] });
        const message = 'vote-bot is outside the mesh: it has no proxy to tap.';
        send({ kind: 'notice', notice: { proxiesAnswered: 0, proxiesExpected: 0, message } });
        return () => undefined;
      }}
    />
  ),
};
export const Refused: StoryObj = {
  render: () => (
    <Stage
      start={(send) => {
        const error = { code: 'not_found', message: 'There is no deployment "web".' } as const;
        send({ kind: 'error', error });
        return () => undefined;
      }}
    />
  ),
};
export const Chooser: StoryObj = {
  render: () => (
    <LiveProvider client={createFakeLive({ states: { overview: TROUBLED } })}>
      <TapChooser />
    </LiveProvider>
  ),
};
