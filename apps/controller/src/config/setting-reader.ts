import { isIP } from 'node:net';
import { parseGoDuration, type Issue } from '@tulle/model';
import type { SocketAddress } from './controller-config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const HOST_PORT = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;

/**
 * Reads variables. A fault is noted and a stand-in given, so that all faults can be told together: look at `issues`
 * before using a value. An empty variable is an unset one.
 */
export class SettingReader {
  readonly issues: Issue[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  fault(path: string, message: string): void {
    this.issues.push({ path, message });
  }

  optional(name: string): string | null {
    const value = this.#env[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === null) this.fault(name, 'must be set');
    return value ?? '';
  }

  /** Empty where it is neither needed nor set. */
  requiredIf(isNeeded: boolean, name: string): string {
    return isNeeded ? this.required(name) : (this.optional(name) ?? '');
  }

  word<W extends string>(name: string, words: readonly [W, ...W[]], otherwise: W): W {
    const text = this.optional(name);
    if (text === null) return otherwise;
    const found = words.find((word) => word === text);
    if (found === undefined) this.fault(name, `is "${text}"; it takes ${words.join(', ')}`);
    return found ?? otherwise;
  }

  /** A whole number of `unit`. */
  count(
    name: string,
    range: { readonly min: number; readonly max: number; readonly otherwise: number },
  ): number {
    const text = this.optional(name);
    if (text === null) return range.otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= range.min && value <= range.max) return value;
    this.fault(name, `is "${text}"; it takes a whole number from ${range.min} to ${range.max}`);
    return range.otherwise;
  }

  /** A Go duration of at least a minute, in milliseconds. */
  duration(name: string, otherwise: string): number {
    const text = this.optional(name) ?? otherwise;
    const value = parseGoDuration(text);
    if (value !== null && value >= 60_000) return value;
    this.fault(name, `is "${text}"; it takes a duration of at least 1m, for example 24h`);
    return 60_000;
  }

  dnsName(name: string, otherwise: string): string {
    const text = this.optional(name) ?? otherwise;
    if (DNS_NAME.test(text)) return text;
    this.fault(name, `is "${text}"; it takes a DNS name in lower case, without a dot at its end`);
    return otherwise;
  }

  /** `host:port`, the host an address or a name; a listening port may be 0. */
  address(name: string, otherwise: SocketAddress): SocketAddress {
    return this.optionalAddress(name, 0) ?? otherwise;
  }

  optionalAddress(name: string, minPort: number): SocketAddress | null {
    const text = this.optional(name);
    if (text === null) return null;
    const [, bracketed, plain, portText] = HOST_PORT.exec(text) ?? [];
    const host = bracketed ?? plain ?? '';
    const port = Number(portText);
    const isHost = bracketed === undefined ? host !== '' : isIP(bracketed) === 6;
    if (isHost && port >= minPort && port <= 65_535) return { host, port };
    this.fault(name, `is "${text}"; it takes host:port, for example 127.0.0.1:8086`);
    return null;
  }

  list(name: string): string[] {
    const text = this.optional(name) ?? '';
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
}
