import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { PROVENANCE } from '@/fixtures/mesh.ts';
import { Foot } from './foot.tsx';

const meta: Meta<typeof Foot> = { title: 'ui/Foot', component: Foot };
export default meta;

export const AllAnswered: StoryObj<typeof Foot> = {
  args: { command: 'tulle viz stat deploy -n emojivoto', provenance: PROVENANCE },
};

export const SomeSilent: StoryObj<typeof Foot> = {
  args: {
    command: 'tulle viz stat deploy -n emojivoto',
    provenance: { ...PROVENANCE, proxiesAnswered: 3 },
  },
};
