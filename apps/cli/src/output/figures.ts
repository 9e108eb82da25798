/** Numbers as Linkerd's CLI prints them; `-` where there is none. */

export function percentText(rate: number | null): string {
  if (rate === null) return '-';
  // Never rounded up to 100.00 while something failed.
  return `${(Math.floor(rate * 10_000 + 1e-7) / 100).toFixed(2)}%`;
}

export function rpsText(rate: number | null): string {
  return rate === null ? '-' : `${rate.toFixed(1)}rps`;
}

export function msText(ms: number | null): string {
  return ms === null ? '-' : `${Math.round(ms)}ms`;
}

export function bytesPerSecondText(rate: number | null): string {
  return rate === null ? '-' : `${rate.toFixed(1)}B/s`;
}
