/**
 * Paths as people write them in a route: `/books/{id}`, where a name in braces stands for one segment or a part of
 * one, or a regular expression where the text has an operator of one. Stored is always a pathRegex: `/books/[^/]*`,
 * the form Linkerd's own OpenAPI import writes.
 */

const SEGMENT = '[^/]*';
const PLACEHOLDERS = /\{[A-Za-z_][\w-]*\}/g;
const OPERATORS = /[\\^$*+?()[\]{}|]/;

/** Whether the text, placeholders apart, is a regular expression rather than a plain path. */
export function isRegexText(text: string): boolean {
  return OPERATORS.test(text.replaceAll(PLACEHOLDERS, ''));
}

/** `/dist/{file}` → `/dist/[^/]*`. In a plain path dots are escaped; a regular expression is taken as it is. */
export function pathPatternToRegex(text: string): string {
  const regex = isRegexText(text) ? text : text.replaceAll('.', String.raw`\.`);
  return regex.replaceAll(PLACEHOLDERS, SEGMENT);
}

/**
 * The reverse. Names are not stored, so segments are called `{id}`, or `{id1}`, `{id2}` where there are several. A
 * regex that says more than a pattern can is given as it is; then `pathPatternToRegex` gives it back unchanged, but
 * for an unescaped dot in an otherwise plain path: keep the stored regex until the text was changed.
 */
export function regexToPathPattern(regex: string): string {
  const parts = regex.split(SEGMENT).map((part) => part.replaceAll(String.raw`\.`, '.'));
  const names =
    parts.length === 2 ? ['{id}'] : parts.slice(1).map((_, index) => `{id${index + 1}}`);
  const text = parts.map((part, index) => (index === 0 ? part : (names[index - 1] ?? '') + part));
  const pattern = text.join('');
  return pathPatternToRegex(pattern) === regex ? pattern : regex;
}
