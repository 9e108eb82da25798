import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Button } from '@mantine/core';
import { Card } from './card.tsx';

const meta: Meta<typeof Card> = { title: 'ui/Card', component: Card };
export default meta;

export const WithHead: StoryObj<typeof Card> = {
  args: {
    title: 'What changed',
    note: 'last hour',
    aside: <Button size="xs">Undo</Button>,
    children: 'voting rolled to 2 instances',
  },
};

export const Bare: StoryObj<typeof Card> = { args: { children: 'A sheet of its own.' } };
