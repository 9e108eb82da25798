'use client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ME } from '../data/session.ts';
import { SignInPage } from './sign-in-page.tsx';

/**
 * Shows the sign-in in place of the pages while the controller takes this browser for nobody. Until it is known the
 * pages are shown: on a laptop, and to who has signed in, nothing flickers.
 */
export function SignInGate({ children }: { children: ReactNode }) {
  const { data: me } = useQuery(ME);
  if (me?.kind !== 'nobody') return children;
  return <SignInPage refused={me.refused} onSignedIn={reload} />;
}

/** Everything was refused so far, the live connection too: all of it begins anew. */
function reload(): void {
  window.location.reload();
}
