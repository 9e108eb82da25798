import { queryOptions } from '@tanstack/react-query';
import type { MeView, SignInRequest } from '@tulle/model';
import { apiFetch } from '@/lib/api/api-fetch.ts';

/** Who the controller takes this browser for. */
export const ME = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => apiFetch<MeView>('/me', { signal }),
  staleTime: 60_000,
  // A token ends by itself: noticed when the page is looked at again.
  refetchOnWindowFocus: true,
});

/** Keeps the token in a cookie that no script can read. @throws TulleError `unauthenticated` for an unknown token */
export async function signIn(token: string): Promise<MeView> {
  const body: SignInRequest = { token };
  return apiFetch<MeView>('/session', { method: 'PUT', body });
}
