import type { DraftRow, RoutesDraft } from './draft.ts';

/** What a person can do to a draft. */
export type DraftEdit =
  | { readonly kind: 'change'; readonly id: string; readonly change: Partial<DraftRow> }
  | { readonly kind: 'add'; readonly row: DraftRow }
  | { readonly kind: 'remove'; readonly id: string }
  /** Routes are tried in order; `by` is -1 or 1. */
  | { readonly kind: 'move'; readonly id: string; readonly by: -1 | 1 }
  /** Onto a newer stored version: the rows stay, and saving replaces that version. */
  | { readonly kind: 'rebase'; readonly version: number };

/** The draft after an edit; never changes the one given. */
export function editDraft(draft: RoutesDraft, edit: DraftEdit): RoutesDraft {
  switch (edit.kind) {
    case 'change': {
      const rows = draft.rows.map((row) => (row.id === edit.id ? { ...row, ...edit.change } : row));
      return { ...draft, rows };
    }
    case 'add':
      return { ...draft, rows: [...draft.rows, edit.row] };
    case 'remove':
      return { ...draft, rows: draft.rows.filter(({ id }) => id !== edit.id) };
    case 'move':
      return { ...draft, rows: moved(draft.rows, edit.id, edit.by) };
    case 'rebase':
      return { ...draft, baseVersion: edit.version };
  }
}

function moved(rows: readonly DraftRow[], id: string, by: -1 | 1): readonly DraftRow[] {
  const from = rows.findIndex((row) => row.id === id);
  const row = rows[from];
  const to = from + by;
  if (row === undefined || to < 0 || to >= rows.length) return rows;
  return rows.toSpliced(from, 1).toSpliced(to, 0, row);
}

/** An id no row has. */
export function freshId({ rows }: RoutesDraft): string {
  const numbers = rows.map(({ id }) => Number(/^n(\d+)$/.exec(id)?.[1] ?? 0));
  return `n${Math.max(0, ...numbers) + 1}`;
}
