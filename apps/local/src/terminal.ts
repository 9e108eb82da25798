import type { HostPort } from './runtime/host-ports.ts';

const CODES = { bold: 1, dim: 2, teal: 36, amber: 33 } as const;

/** What the person who typed `npm start` reads. Colours only on a terminal that wants them (no-color.org). */
export class Terminal {
  readonly #out: NodeJS.WritableStream;
  readonly #coloured: boolean;

  constructor(out: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#coloured = out.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  }

  say(line: string): void {
    this.#out.write(`${line}\n`);
  }

  /** Something went wrong and is being mended, or needs a look. */
  warn(line: string): void {
    this.say(`${this.#paint('amber', '!')} ${line}`);
  }

  ready(mesh: {
    readonly url: string;
    readonly hostPorts: readonly HostPort[];
    readonly outsiders: readonly string[];
    readonly seconds: number;
  }): void {
    const rows: [string, string][] = [['Dashboard', mesh.url]];
    for (const { service, port } of mesh.hostPorts) {
      rows.push([service.name, `http://localhost:${port}`]);
    }
    const width = Math.max(...rows.map(([name]) => name.length));
    this.say('');
    this.say(`${this.#paint('teal', '●')} Tulle is ready (${mesh.seconds.toFixed(1)} s).`);
    this.say('');
    for (const [name, url] of rows) {
      this.say(`  ${this.#paint('dim', name.padEnd(width))}   ${this.#paint('bold', url)}`);
    }
    this.say('');
    const outsider = mesh.outsiders[0];
    if (outsider !== undefined) {
      this.say(`  Try first: open the dashboard, find what fails, then inject ${outsider}.`);
    }
    this.say(`  ${this.#paint('dim', 'Ctrl-C stops everything.')}`);
    this.say('');
  }

  #paint(colour: keyof typeof CODES, text: string): string {
    return this.#coloured ? `\u001B[${CODES[colour]}m${text}\u001B[0m` : text;
  }
}
