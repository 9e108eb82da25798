const NUMBERS = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];

/** `Two workloads`, `13 workloads`, `No workloads`: a count that starts a sentence. */
export function countWords(total: number, noun: string): string {
  return `${NUMBERS[total] ?? String(total)} ${plural(total, noun)}`;
}

/** `1 proxy`, `5 proxies`: a count within a sentence. */
export function countOf(total: number, noun: string): string {
  return `${total} ${plural(total, noun)}`;
}

/** English plural of the nouns the dashboard uses. */
export function plural(total: number, noun: string): string {
  if (total === 1) return noun;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
