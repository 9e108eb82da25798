import { queryOptions } from '@tanstack/react-query';
import { keyOf } from '@tulle/model';
import type {
  SaveProfileRequest,
  ServiceProfileSpec,
  ServiceRef,
  StoredProfile,
} from '@tulle/model';
import { apiFetch } from '@/lib/api/api-fetch.ts';

/** The stored routes of a service; version 0 and none where nothing is stored. */
export function profileQuery(service: ServiceRef) {
  return queryOptions({
    queryKey: ['profile', keyOf(service)],
    queryFn: async ({ signal }) => apiFetch<StoredProfile>(profilePath(service), { signal }),
    staleTime: 0,
  });
}

/** @throws TulleError `invalid_argument` with issues, `conflict` when the stored version is another. */
export async function saveProfile(
  service: ServiceRef,
  baseVersion: number,
  spec: ServiceProfileSpec,
): Promise<StoredProfile> {
  const body: SaveProfileRequest = { baseVersion, spec };
  return apiFetch<StoredProfile>(profilePath(service), { method: 'PUT', body });
}

function profilePath({ namespace, name }: ServiceRef): string {
  return `/profiles/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
