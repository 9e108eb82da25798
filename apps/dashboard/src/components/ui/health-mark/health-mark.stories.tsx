import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import type { Health } from '@tulle/model';
import { HEALTH_WORDS, HealthMark } from './health-mark.tsx';

const meta: Meta<typeof HealthMark> = { title: 'ui/HealthMark', component: HealthMark };
export default meta;

const HEALTHS: readonly Health[] = ['well', 'degraded', 'failing', 'idle', 'outside'];

export const EveryHealth: StoryObj<typeof HealthMark> = {
  render: () => (
    <div style={{ display: 'grid', gap: 12 }}>
      {HEALTHS.map((health) => (
        <div key={health} style={{ display: 'flex', gap: 12, alignItems: 'center' }}>
          <HealthMark health={health} silent />
          <HealthMark health={health} size={13} silent />
          <HealthMark health={health} size={24} />
          {HEALTH_WORDS[health]}
        </div>
      ))}
    </div>
  ),
};
