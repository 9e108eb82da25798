import type { Writable } from 'node:stream';

/** Where a command's words go. Lines get their line feed here. */
export interface Printer {
  /** A line of the answer, to standard output. */
  line(text: string): void;
  json(value: unknown): void;
  /** A line about the answer, to standard error. */
  note(text: string): void;
  /** True where a person reads standard output: colour and progress are welcome. */
  readonly toTerminal: boolean;
  /** The text coloured, or as it is where nobody wants colour. */
  paint(colour: Colour, text: string): string;
}

export type Colour = 'ok' | 'warn' | 'bad' | 'quiet' | 'accent';

/** ANSI codes of the terminal's own palette, so that its theme decides. */
const CODES: Readonly<Record<Colour, string>> = {
  ok: '32',
  warn: '33',
  bad: '31',
  quiet: '90',
  accent: '35',
};

/** Colour only on a terminal, and not with NO_COLOR (no-color.org) or TERM=dumb. */
export function createPrinter(
  out: Writable & { readonly isTTY?: boolean },
  err: Writable,
  env: Readonly<Record<string, string | undefined>>,
): Printer {
  const toTerminal = out.isTTY === true;
  const colours = toTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    line: (text) => void out.write(`${text}\n`),
    json: (value) => void out.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => void err.write(`${text}\n`),
    toTerminal,
    paint: (colour, text) => (colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text),
  };
}
