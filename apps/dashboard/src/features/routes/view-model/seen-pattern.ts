import type { SeenPath } from '@tulle/model';

/** Segments that look like a name of one thing rather than of a kind of thing. */
const LOOKS_LIKE_ID = /^(?:\d+|[0-9a-f]{8,}|[0-9a-f-]{32,})$/i;

/** The pattern proposed for a path that was seen: `/books/42` → `/books/{id}`. The query is left out. */
export function proposedPattern({ path }: Pick<SeenPath, 'path'>): string {
  const plain = path.split('?')[0] ?? '';
  return plain
    .split('/')
    .map((segment) => (LOOKS_LIKE_ID.test(segment) ? '{id}' : segment))
    .join('/');
}
