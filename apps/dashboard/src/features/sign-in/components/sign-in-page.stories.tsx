import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { SignInPage } from './sign-in-page.tsx';

const meta: Meta<typeof SignInPage> = {
  component: SignInPage,
  args: { refused: null, onSignedIn: () => undefined },
  decorators: [
    (Story) => (
      <QueryClientProvider client={new QueryClient()}>
        <Story />
      </QueryClientProvider>
    ),
  ],
};
export default meta;

export const Empty: StoryObj<typeof SignInPage> = {};
export const TokenEnded: StoryObj<typeof SignInPage> = {
  args: { refused: 'The cluster does not know this token, or not any more; sign in with another.' },
};
