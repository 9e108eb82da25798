'use client';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { TulleError } from '@tulle/model';
import { cssVariables, theme } from '@/components/theme/theme.ts';
import { LiveProvider } from '@/lib/live/live-provider.tsx';

/** Everything a page takes for granted: colours, the query cache, state in the address, the live connection. */
export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(newQueryClient);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <NuqsAdapter>
          <LiveProvider>{children}</LiveProvider>
        </NuqsAdapter>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Only what may get better by itself is asked again. */
function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 3 && TulleError.from(error).code === 'unavailable',
      },
    },
  });
}
