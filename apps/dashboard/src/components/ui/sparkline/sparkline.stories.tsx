import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { VOTING, WEB } from '@/fixtures/mesh.ts';
import { Sparkline, successFloor } from './sparkline.tsx';

const meta: Meta<typeof Sparkline> = { title: 'ui/Sparkline', component: Sparkline };
export default meta;

const gaps = WEB.sparkRequests.map((value, step) => (step > 20 && step < 28 ? null : value));

export const Tones: StoryObj<typeof Sparkline> = {
  render: () => (
    <div style={{ display: 'grid', gap: 16 }}>
      <Sparkline
        values={VOTING.sparkSuccess}
        tone="failing"
        floor={successFloor(VOTING.sparkSuccess)}
        ceiling={1}
        label="Success of voting, last 10 minutes"
      />
      <Sparkline values={WEB.sparkRequests} tone="accent" />
      <Sparkline values={gaps} tone="blue" width={190} height={36} />
      <Sparkline values={[]} tone="idle" />
    </div>
  ),
};
