export interface SparkPaths {
  /** The line, broken where nothing was answered. */
  readonly line: string;
  /** The same line closed down to the ground. */
  readonly area: string;
  /** Lone points between gaps, which a line cannot show. */
  readonly dots: readonly { readonly x: number; readonly y: number }[];
}

/**
 * SVG paths of values spread evenly over `width`. `floor` and `ceiling` are the values at the bottom and top edge; what
 * lies outside is drawn at the edge. Null leaves a gap.
 */
export function sparkPaths(
  values: readonly (number | null)[],
  box: { width: number; height: number; floor: number; ceiling: number },
): SparkPaths {
  const inset = 1.5;
  const step = values.length > 1 ? box.width / (values.length - 1) : box.width;
  const spread = Math.max(box.ceiling - box.floor, Number.EPSILON);
  const yOf = (value: number) => {
    const share = Math.min(1, Math.max(0, (value - box.floor) / spread));
    return inset + (1 - share) * (box.height - 2 * inset);
  };
  const line: string[] = [];
  const area: string[] = [];
  const dots: { x: number; y: number }[] = [];
  for (const run of runsOf(values)) {
    const points = run.map(({ at, value }) => ({ x: at * step, y: yOf(value) }));
    const first = points[0];
    const last = points.at(-1);
    if (first === undefined || last === undefined) continue;
    if (points.length === 1) {
      dots.push({ x: fixed(first.x), y: fixed(first.y) });
      continue;
    }
    const drawn = points.map(({ x, y }) => `${fixed(x)} ${fixed(y)}`).join('L');
    line.push(`M${drawn}`);
    area.push(`M${fixed(first.x)} ${box.height}L${drawn}L${fixed(last.x)} ${box.height}Z`);
  }
  return { line: line.join(''), area: area.join(''), dots };
}

/** Stretches without a gap. */
function runsOf(values: readonly (number | null)[]): { at: number; value: number }[][] {
  const runs: { at: number; value: number }[][] = [];
  let run: { at: number; value: number }[] = [];
  for (const [at, value] of values.entries()) {
    if (value !== null) {
      if (run.length === 0) runs.push(run);
      run.push({ at, value });
    } else if (run.length > 0) {
      run = [];
    }
  }
  return runs;
}

function fixed(value: number): number {
  return Math.round(value * 10) / 10;
}
