import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Kbd } from './kbd.tsx';

const meta: Meta<typeof Kbd> = { title: 'ui/Kbd', component: Kbd };
export default meta;

export const Keys: StoryObj<typeof Kbd> = {
  render: () => (
    <div style={{ display: 'flex', gap: 6 }}>
      <Kbd>⌘K</Kbd>
      <Kbd>g</Kbd>
      <Kbd>Enter</Kbd>
    </div>
  ),
};
