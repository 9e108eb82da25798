/** Says whether a text matches. */
export type TextTest = (text: string) => boolean;

/**
 * Compiles a pattern with `*` for any run of characters into a linear scan (no regular expression, so no pattern is
 * slow). The whole text must match unless `anywhere`. Case is folded when `foldCase`.
 */
export function compileWildcard(
  pattern: string,
  options: { readonly foldCase: boolean; readonly anywhere?: boolean },
): TextTest {
  const folded = options.foldCase ? pattern.toLowerCase() : pattern;
  const whole = options.anywhere === true ? `*${folded}*` : folded;
  const test = compileParts(whole.split('*'));
  return options.foldCase ? (text) => test(text.toLowerCase()) : test;
}

function compileParts(parts: readonly string[]): TextTest {
  const first = parts[0] ?? '';
  if (parts.length === 1) return (text) => text === first;
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  const shortest = first.length + last.length;
  return (text) => {
    if (text.length < shortest || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}
