import { describe, expect, it } from 'vitest';
import type { LiveRows } from './use-live-stream.ts';
import { withEvent } from './use-live-stream.ts';

const before: LiveRows<number> = {
  rows: [1, 2],
  dropped: 1,
  notice: null,
  error: null,
  started: true,
};

describe('withEvent', () => {
  it('appends rows, keeps the newest within the limit and counts what was lost', () => {
    const after = withEvent(before, { kind: 'rows', rows: [3, 4], dropped: 2 }, 3);
    expect(after.rows).toEqual([2, 3, 4]);
    expect(after.dropped).toBe(3);
  });

  it('lets a snapshot take the place of everything', () => {
    expect(withEvent(before, { kind: 'snapshot', rows: [9] }, 3).rows).toEqual([9]);
  });

  it('keeps the rows through an error and forgets the error with the next rows', () => {
    const failed = withEvent(
      before,
      { kind: 'error', error: { code: 'unavailable', message: 'gone' } },
      3,
    );
    expect(failed.rows).toEqual([1, 2]);
    expect(failed.error?.message).toBe('gone');
    const back = withEvent(failed, { kind: 'rows', rows: [3], dropped: 0 }, 3);
    expect(back.error).toBeNull();
  });

  it('keeps everything while the connection is lost', () => {
    expect(withEvent(before, { kind: 'lost' }, 3)).toBe(before);
  });
});
