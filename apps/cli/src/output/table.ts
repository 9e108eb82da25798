/** One column: its head, how a row's cell reads, and on which side it lines up. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** Lines of a table, columns two spaces apart, as Linkerd and kubectl print them; the last left column is not padded. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] {
  const cells = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map((c) => c.cell(row))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => widthOf(line[index] ?? ''))),
  );
  return cells.map((line) =>
    line
      .map((cell, index) => {
        const pad = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return columns[index]?.align === 'right' ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Characters, not UTF-16 units; names here need no more than that. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
