import { compileRegex, type RegexTest } from './regex-matcher.ts';
import { parseRegex, type RegexFault } from './regex-syntax.ts';

/** A longer pattern is refused: nobody can read it, and each proxy keeps it compiled. */
export const MAX_PATH_REGEX_CHARS = 1000;

export type CompiledPathRegex =
  /** `test` takes a path without its query, must span it whole, and is linear in its length. */
  | { readonly ok: true; readonly test: RegexTest }
  | { readonly ok: false; readonly fault: RegexFault };

/**
 * Compiles a ServiceProfile's pathRegex. Anchored at both ends as Linkerd does (an own `^` or `$` changes nothing),
 * in RE2's syntax. Use this and never `RegExp`, which backtracks and knows other syntax.
 */
export function compilePathRegex(source: string): CompiledPathRegex {
  if (source.length > MAX_PATH_REGEX_CHARS) {
    const message = `a path pattern has at most ${MAX_PATH_REGEX_CHARS} characters; this has ${source.length}`;
    return { ok: false, fault: { message, at: MAX_PATH_REGEX_CHARS } };
  }
  const parsed = parseRegex(source);
  if (!parsed.ok) return parsed;
  const test = compileRegex(parsed.node);
  if (test !== null) return { ok: true, test };
  return { ok: false, fault: { message: 'its repetitions multiply to too many states', at: 0 } };
}
