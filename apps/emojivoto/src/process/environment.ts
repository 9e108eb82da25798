/** Collects every fault of a program's environment, so that a person mends them in one go. */
export class EnvironmentReader {
  readonly faults: string[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** A TCP port, 1 to 65535. */
  port(name: string): number {
    const value = Number(this.#env[name]);
    if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    this.#fault(name, 'a port from 1 to 65535');
    return 0;
  }

  /** `host:port` of something to call. */
  hostAndPort(name: string): string {
    const value = this.#env[name] ?? '';
    if (/^[^\s:/]+:\d{1,5}$/.test(value)) return value;
    this.#fault(name, 'host:port, for example 127.0.0.1:8080');
    return '';
  }

  /** A number from `min` to `max`; `fallback` when the variable is not set. */
  number(name: string, range: { min: number; max: number; fallback: number }): number {
    const text = this.#env[name];
    if (text === undefined || text === '') return range.fallback;
    const value = Number(text);
    if (value >= range.min && value <= range.max) return value;
    this.#fault(name, `a number from ${range.min} to ${range.max}`);
    return range.fallback;
  }

  /** The variable as it stands; undefined when unset or empty. */
  optional(name: string): string | undefined {
    return this.#env[name] === '' ? undefined : this.#env[name];
  }

  #fault(name: string, expected: string): void {
    const found = this.#env[name];
    this.faults.push(
      `${name} must be ${expected}; it is ${found === undefined ? 'not set' : JSON.stringify(found)}`,
    );
  }
}
