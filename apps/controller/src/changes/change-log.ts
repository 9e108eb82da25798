import type { ChangeEvent } from '@tulle/model';

/** The audit log: everything somebody or something changed, newest first, bounded, kept on disk. */
export interface ChangeLog {
  record(event: Omit<ChangeEvent, 'id' | 'atMs'>): ChangeEvent;
  /** @param limit 1 to 1000. */
  recent(limit: number): readonly ChangeEvent[];
  onChange(listener: (event: ChangeEvent) => void): () => void;
}
