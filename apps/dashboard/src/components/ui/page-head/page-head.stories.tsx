import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Button } from '@mantine/core';
import { Tag } from '../tag/tag.tsx';
import { PageHead } from './page-head.tsx';

const meta: Meta<typeof PageHead> = { title: 'ui/PageHead', component: PageHead };
export default meta;

export const Workload: StoryObj<typeof PageHead> = {
  args: {
    title: 'web',
    health: 'degraded',
    children: (
      <>
        <Tag tone="accent">2 of 2 meshed</Tag>
        <span>identity web.emojivoto, certificate renews in 16 h</span>
      </>
    ),
    actions: (
      <>
        <Button>Edit routes</Button>
        <Button>Take out of mesh</Button>
        <Button variant="filled">Tap</Button>
      </>
    ),
  },
};
