import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { hintOf, queryOf } from '@/lib/format/queries.ts';
import { milliseconds, NO_DATA, NO_INBOUND, percent, perSecond } from '@/lib/format/quantity.ts';
import { PROVENANCE, WEB } from '@/fixtures/mesh.ts';
import { Num } from './num.tsx';

const meta: Meta<typeof Num> = { title: 'ui/Num', component: Num };
export default meta;

export const Figures: StoryObj<typeof Num> = {
  render: () => (
    <div style={{ display: 'grid', gap: 8, justifyItems: 'end', width: 160 }}>
      <Num quantity={percent(0.9998)} tone="well" />
      <Num
        quantity={percent(0.9261)}
        tone="degraded"
        hint={hintOf(queryOf('success', WEB.ref, 60), PROVENANCE)}
      />
      <Num quantity={percent(0.852)} tone="failing" size="title" />
      <Num quantity={perSecond(3.9)} />
      <Num quantity={perSecond(1240)} tone="quiet" />
      <Num quantity={milliseconds(28)} />
    </div>
  ),
};

export const ThreeKindsOfNothing: StoryObj<typeof Num> = {
  render: () => (
    <div style={{ display: 'grid', gap: 8, justifyItems: 'end', width: 160 }}>
      <Num quantity={perSecond(0)} />
      <Num quantity={NO_DATA} />
      <Num quantity={NO_INBOUND} />
    </div>
  ),
};
