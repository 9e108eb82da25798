import type { CategoryOutcome, Check, CheckCategory, CheckOutcome, CheckSubject } from './check.ts';

/** Where every check has a section of its own. */
const HINTS = 'docs/checks.md#';
const RETRY_MS = 1000;

export interface RunOptions {
  readonly waitMs: number;
  readonly now: () => number;
  readonly delay: (ms: number) => Promise<void>;
  /** Called as each category begins and as each check ends, so that a person sees them come. */
  readonly onCategory: (name: string) => void;
  readonly onOutcome: (outcome: CheckOutcome) => void;
}

/** Runs the categories in order. A fatal fault ends the run: what comes after it is left out. */
export async function runChecks(
  categories: readonly CheckCategory[],
  subject: CheckSubject,
  options: RunOptions,
): Promise<CategoryOutcome[]> {
  const deadlineMs = options.now() + options.waitMs;
  const done: CategoryOutcome[] = [];
  for (const { name, checks } of categories) {
    const outcomes: CheckOutcome[] = [];
    done.push({ categoryName: name, checks: outcomes });
    options.onCategory(name);
    for (const check of checks) {
      const outcome = await runCheck(check, subject, deadlineMs, options);
      outcomes.push(outcome);
      options.onOutcome(outcome);
      if (outcome.result === 'error' && check.isFatal === true) return done;
    }
  }
  return done;
}

async function runCheck(
  check: Check,
  subject: CheckSubject,
  deadlineMs: number,
  { now, delay }: RunOptions,
): Promise<CheckOutcome> {
  for (;;) {
    const error = await check.run(subject).catch(sentenceOf);
    const isOver = check.isAwaited !== true || now() >= deadlineMs;
    if (error !== null && !isOver) {
      await delay(RETRY_MS);
      continue;
    }
    const failed = check.kind === 'warning' ? 'warning' : 'error';
    return {
      description: check.description,
      result: error === null ? 'success' : failed,
      error,
      hint: error === null ? null : `${HINTS}${check.anchor}`,
    };
  }
}

function sentenceOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
