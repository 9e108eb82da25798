import type { Finding } from './fuzz-target.ts';

/** The shortest input found in `withinMs`, by leaving out runs of bytes, that still breaks a property. */
export async function minimize(
  finding: Finding,
  failureOf: (input: Buffer) => Promise<Finding | null>,
  withinMs: number,
): Promise<Finding> {
  const deadline = performance.now() + withinMs;
  let smallest = finding;
  let run = Math.ceil(finding.input.length / 2);
  while (run >= 1) {
    let isShorter = false;
    for (let at = 0; at < smallest.input.length; at += run) {
      if (performance.now() > deadline) return smallest;
      const { input } = smallest;
      const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + run)]);
      const still = await failureOf(shorter);
      if (still === null) continue;
      smallest = still;
      isShorter = true;
      at -= run;
    }
    if (!isShorter || run > 1) run = Math.floor(run / 2);
  }
  return smallest;
}
