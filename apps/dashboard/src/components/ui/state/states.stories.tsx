import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { Button } from '@mantine/core';
import { TulleError } from '@tulle/model';
import { Card } from '../card/card.tsx';
import { EmptyState, ErrorState, LoadingState } from './states.tsx';

const meta: Meta = { title: 'ui/States' };
export default meta;

export const Empty: StoryObj = {
  render: () => (
    <Card padded={false}>
      <EmptyState title="Nothing calls vote-bot" action={<Button>Open the tap</Button>}>
        No request came in during the last 60 seconds, from inside the mesh or outside.
      </EmptyState>
    </Card>
  ),
};

export const Failed: StoryObj = {
  render: () => (
    <Card padded={false}>
      <ErrorState
        title="The routes of web-svc could not be saved"
        error={new TulleError('unavailable', 'The controller does not answer; traffic goes on.')}
        action={<Button>Save again</Button>}
      >
        Your draft is kept in this browser.
      </ErrorState>
    </Card>
  ),
};

export const Loading: StoryObj = {
  render: () => (
    <Card padded={false}>
      <LoadingState what="the overview" />
    </Card>
  ),
};
