/**
 * `error`: something a person must act on · `warn`: a failure begins or limits are reached · `info`: a change worth
 * knowing, a recovery · `debug`: why a decision fell · `trace`: each step.
 */
export const LOG_LEVELS = ['off', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * The level a filter such as `warn,linkerd=info,hickory=error` gives a Tulle program: that of the directive for `tulle` or
 * `linkerd`, otherwise the bare one. The last one wins. Null when a part of it cannot be read.
 */
export function parseLogFilter(filter: string): LogLevel | null {
  let bare: LogLevel = 'error';
  let own: LogLevel | null = null;
  for (const part of filter.split(',')) {
    const [target = '', level] = part.trim().split('=');
    if (level === undefined && target === '') continue;
    const parsed = toLevel(level ?? target);
    if (parsed === null) return null;
    if (level === undefined) bare = parsed;
    else if (/^(tulle|linkerd)(::|\[|$)/.test(target)) own = parsed;
  }
  return own ?? bare;
}

function toLevel(text: string): LogLevel | null {
  const level = text.trim().toLowerCase();
  return LOG_LEVELS.find((candidate) => candidate === level) ?? null;
}
