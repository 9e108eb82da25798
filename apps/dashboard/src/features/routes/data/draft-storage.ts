import { keyOf } from '@tulle/model';
import type { ServiceRef } from '@tulle/model';
import type { RoutesDraft } from '../view-model/draft.ts';

/** The part of localStorage used; null where the browser forbids it. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Bumped when the draft's shape changes; an older draft is then not read. */
const SHAPE = 1;

function storageKey(service: ServiceRef): string {
  return `tulle.routes-draft.${keyOf(service)}`;
}

/** The draft kept in this browser; null for none, or one that cannot be read. */
export function loadDraft(storage: DraftStorage | null, service: ServiceRef): RoutesDraft | null {
  try {
    const text = storage?.getItem(storageKey(service)) ?? null;
    if (text === null) return null;
    const kept = JSON.parse(text) as { readonly shape?: number; readonly draft?: RoutesDraft };
    return kept.shape === SHAPE && Array.isArray(kept.draft?.rows) ? kept.draft : null;
  } catch {
    return null;
  }
}

/** Keeps the draft; null forgets it. A full or forbidden storage is no fault: the draft is then kept in the page only. */
export function keepDraft(
  storage: DraftStorage | null,
  service: ServiceRef,
  draft: RoutesDraft | null,
): void {
  try {
    if (draft === null) storage?.removeItem(storageKey(service));
    else storage?.setItem(storageKey(service), JSON.stringify({ shape: SHAPE, draft }));
  } catch {
    // Said above: nothing to do.
  }
}
