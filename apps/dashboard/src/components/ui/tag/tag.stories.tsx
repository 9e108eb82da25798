import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Tag } from './tag.tsx';

const meta: Meta<typeof Tag> = { title: 'ui/Tag', component: Tag };
export default meta;

export const Tones: StoryObj<typeof Tag> = {
  render: () => (
    <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
      <Tag>outside</Tag>
      <Tag tone="accent">2 of 2 meshed</Tag>
      <Tag tone="ok">mutual TLS</Tag>
      <Tag tone="warn">plain text</Tag>
      <Tag tone="bad">Unknown</Tag>
      <Tag tone="blue">TCP</Tag>
      <Tag mono>-path:/healthz</Tag>
    </div>
  ),
};
