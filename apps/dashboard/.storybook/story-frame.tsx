import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsTestingAdapter } from 'nuqs/adapters/testing';
import type { ReactNode } from 'react';
import { HintLayer } from '../src/components/ui/hint/hint-layer.tsx';
import { cssVariables, theme } from '../src/components/theme/theme.ts';

const queryClient = new QueryClient();

interface StoryFrameProps {
  scheme: 'light' | 'dark';
  /** True for stories that draw the whole page. */
  bare: boolean;
  children: ReactNode;
}

/** What every page has around it. */
export function StoryFrame({ scheme, bare, children }: StoryFrameProps) {
  return (
    <QueryClientProvider client={queryClient}>
      <NuqsTestingAdapter hasMemory>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariables}
          forceColorScheme={scheme}
        >
          {bare ? children : <div style={{ padding: 20 }}>{children}</div>}
          <HintLayer />
        </MantineProvider>
      </NuqsTestingAdapter>
    </QueryClientProvider>
  );
}
