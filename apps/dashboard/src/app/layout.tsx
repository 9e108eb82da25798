import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { AppShell } from '@/features/shell/components/app-shell.tsx';
import { SignInGate } from '@/features/sign-in/components/sign-in-gate.tsx';
import { Providers } from '@/features/shell/components/providers.tsx';
import '@/components/theme/styles.ts';

export const metadata: Metadata = {
  title: { default: 'Overview · Tulle', template: '%s · Tulle' },
  description: 'What happens between your services, now, and how to change it.',
};

export const viewport: Viewport = {
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f5f2' },
    { media: '(prefers-color-scheme: dark)', color: '#0e0f13' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" />
      </head>
      <body>
        <Providers>
          <SignInGate>
            <AppShell>{children}</AppShell>
          </SignInGate>
        </Providers>
      </body>
    </html>
  );
}
