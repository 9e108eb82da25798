import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import type { ConnectionState } from '@tulle/live/client';
import { LiveBadge } from './live-badge.tsx';

const meta: Meta<typeof LiveBadge> = { title: 'ui/LiveBadge', component: LiveBadge };
export default meta;

const live = { kind: 'live', version: '0.1.0', clockOffsetMs: 0 } as const;

const states = (nowMs: number): readonly ConnectionState[] => [
  { kind: 'connecting', sinceMs: nowMs, attempt: 1 },
  { ...live, sinceMs: nowMs, blindMs: null },
  { kind: 'stale', sinceMs: nowMs - 4000, attempt: 3 },
  { ...live, sinceMs: nowMs, blindMs: 4200 },
  { kind: 'closed' },
];

export const EveryState: StoryObj<typeof LiveBadge> = {
  render: () => (
    <div style={{ display: 'grid', gap: 16, justifyItems: 'start' }}>
      {states(Date.now()).map((connection, index) => (
        <LiveBadge key={index} connection={connection} onRetry={() => undefined} />
      ))}
    </div>
  ),
};
