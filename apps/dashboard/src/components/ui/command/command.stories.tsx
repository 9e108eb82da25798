import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Command } from './command.tsx';

const meta: Meta<typeof Command> = { title: 'ui/Command', component: Command };
export default meta;

export const Stat: StoryObj<typeof Command> = {
  args: { text: 'tulle viz stat deploy -n emojivoto' },
};
