/** Times and spans in words. Every function takes the moment it is asked at, so that a test decides what "now" is. */

/** `14:02:10` in the reader's zone. */
export function clock(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':');
}

/** `14:02`. */
export function clockMinutes(atMs: number): string {
  return clock(atMs).slice(0, 5);
}

/** A clock time today, otherwise with its date: `22 Nov 14:02:10`. */
export function clockOrDate(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock(atMs);
  const month = at.toLocaleString('en-GB', { month: 'short' });
  return `${at.getDate()} ${month} ${clock(atMs)}`;
}

/** `4 s`, `3 min`, `16 h`, `2 d`: the largest unit alone, rounded down, never negative. */
export function span(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `just now`, `3 min ago`. */
export function ago(atMs: number, nowMs: number): string {
  const passedMs = nowMs - atMs;
  return passedMs < 2000 ? 'just now' : `${span(passedMs)} ago`;
}

function twoDigits(part: number): string {
  return part.toString().padStart(2, '0');
}
