import type { Preview } from '@storybook/nextjs-vite';
import { StoryFrame } from './story-frame.tsx';
import '../src/components/theme/styles.ts';

const preview: Preview = {
  parameters: { nextjs: { appDirectory: true }, layout: 'fullscreen' },
  globalTypes: {
    scheme: {
      toolbar: { title: 'Scheme', items: ['light', 'dark'], dynamicTitle: true },
    },
  },
  initialGlobals: { scheme: 'light' },
  decorators: [
    (Story, { globals, parameters }) => (
      <StoryFrame
        scheme={globals['scheme'] === 'dark' ? 'dark' : 'light'}
        bare={parameters['bare'] === true}
      >
        <Story />
      </StoryFrame>
    ),
  ],
};

export default preview;
