/**
 * Everything a tap has brought, outside of React: a ring of the newest exchanges, and which of them pass the filter.
 * A busy tap brings hundreds a second; the page draws at most ten times a second from `snapshot`.
 *
 *     rows → ring (50,000, oldest go) → passing the filter → shown (frozen while paused or scrolled away)
 */
import { EMPTY_FILTER } from '@tulle/model';
import type { TapExchange, TapFilter } from '@tulle/model';

export const TAP_CAPACITY = 50_000;
/** Rows that keep their bodies, which may be 128 KiB each; older ones lose them. */
const ROWS_WITH_BODIES = 200;

/** What the page draws. A new object whenever something of it changed. */
export interface TapSnapshot {
  /** Passing the filter, newest first; as of the moment it was frozen while it is. */
  readonly shown: readonly TapExchange[];
  /** Passing and arrived since it was frozen. */
  readonly waiting: number;
  /** In the ring now. */
  readonly kept: number;
  /** Passing the filter, frozen or not. */
  readonly passing: number;
  /** Lost on the way here because somebody was too slow. */
  readonly dropped: number;
  /** Let go because the ring was full. */
  readonly forgotten: number;
  readonly oldestAtMs: number | null;
}

export interface TapStore {
  /** An exchange that is known already (pending, now ended) takes its own place. */
  add(rows: readonly TapExchange[], dropped: number): void;
  setFilter(filter: TapFilter): void;
  /** While frozen no new row is shown; those shown still get their end. */
  setFrozen(frozen: boolean): void;
  clear(): void;
  snapshot(): TapSnapshot;
  subscribe(listener: () => void): () => void;
  /** All rows kept, oldest first, for completion and the strip. Not to be kept over the next `add`. */
  rows(): readonly TapExchange[];
}

const EMPTY: TapSnapshot = {
  shown: [],
  waiting: 0,
  kept: 0,
  passing: 0,
  dropped: 0,
  forgotten: 0,
  oldestAtMs: null,
};

export function createTapStore(capacity: number = TAP_CAPACITY): TapStore {
  // Oldest first. Rows are let go in lumps of a tenth, so that each costs little.
  let ring: TapExchange[] = [];
  const places = new Map<string, number>();
  /** Places in the ring of what passes, ascending; kept up as rows come, so that drawing filters nothing. */
  let passing: number[] = [];
  let filter = EMPTY_FILTER;
  /** Rows before this one (counted from the first ever) are shown; null shows all. */
  let frozenAt: number | null = null;
  let dropped = 0;
  let forgotten = 0;
  let current: TapSnapshot = EMPTY;
  let stale = false;
  /** Ids of the rows that have bodies, oldest first. */
  const withBodies = new Set<string>();
  const listeners = new Set<() => void>();

  function changed(): void {
    stale = true;
    for (const listener of listeners) listener();
  }

  function filterAll(): void {
    passing = [];
    ring.forEach((row, place) => {
      if (filter.matches(row)) passing.push(place);
    });
  }

  function boundBodies(row: TapExchange): void {
    if (row.requestBody == null && row.responseBody == null) return;
    withBodies.add(row.id);
    if (withBodies.size <= ROWS_WITH_BODIES) return;
    for (const oldest of withBodies) {
      withBodies.delete(oldest);
      const place = places.get(oldest);
      const old = place === undefined ? undefined : ring[place];
      if (place !== undefined && old !== undefined) {
        ring[place] = { ...old, requestBody: null, responseBody: null };
      }
      return;
    }
  }

  /** Gives whether `passing` must be made anew. */
  function put(row: TapExchange): boolean {
    boundBodies(row);
    const place = places.get(row.id);
    const before = place === undefined ? undefined : ring[place];
    if (place === undefined || before === undefined) {
      const last = ring.push(row) - 1;
      places.set(row.id, last);
      if (filter.matches(row)) passing.push(last);
      return false;
    }
    ring[place] = row;
    return filter.matches(before) !== filter.matches(row);
  }

  function trim(): boolean {
    if (ring.length <= capacity) return false;
    const surplus = ring.length - capacity + Math.floor(capacity / 10);
    forgotten += surplus;
    ring = ring.slice(surplus);
    places.clear();
    ring.forEach(({ id }, place) => places.set(id, place));
    return true;
  }

  function read(): TapSnapshot {
    const end = frozenAt === null ? Infinity : frozenAt - forgotten;
    const shown: TapExchange[] = [];
    for (const place of passing.toReversed()) {
      const row = ring[place];
      if (place < end && row !== undefined) shown.push(row);
    }
    return {
      shown,
      waiting: passing.length - shown.length,
      kept: ring.length,
      passing: passing.length,
      dropped,
      forgotten,
      oldestAtMs: ring[0]?.atMs ?? null,
    };
  }

  return {
    add(rows, lost) {
      dropped += lost;
      let again = false;
      for (const row of rows) again = put(row) || again;
      again = trim() || again;
      if (again) filterAll();
      changed();
    },
    setFilter(next) {
      filter = next;
      filterAll();
      // A new question is answered from everything kept, also while frozen.
      if (frozenAt !== null) frozenAt = forgotten + ring.length;
      changed();
    },
    setFrozen(frozen) {
      if (frozen === (frozenAt !== null)) return;
      frozenAt = frozen ? forgotten + ring.length : null;
      changed();
    },
    clear() {
      forgotten += ring.length;
      ring = [];
      places.clear();
      withBodies.clear();
      passing = [];
      dropped = 0;
      if (frozenAt !== null) frozenAt = forgotten;
      changed();
    },
    snapshot() {
      if (stale) {
        current = read();
        stale = false;
      }
      return current;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rows: () => ring,
  };
}
