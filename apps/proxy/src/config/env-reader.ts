import type { Issue } from '@tulle/model';
import { parseHostPort } from '@tulle/proxy-api';
import type { Address } from '../stack/connection.ts';
import type { ControlAddress, ListenPair } from './proxy-config.ts';
import { parseDurationMs } from './duration.ts';
import { isLoopback, splitList } from './ip-networks.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'LINKERD2_PROXY_';

/**
 * Reads variables by their name after `LINKERD2_PROXY_`. A fault is noted and a stand-in given, so that all faults can be
 * told together; whoever reads checks `issues` before using a value. An empty variable is an unset one.
 */
export class EnvReader {
  readonly issues: Issue[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: string): string | null {
    const value = this.#env[PREFIX + name];
    return value === undefined || value.trim() === '' ? null : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) this.fault(name, 'must be set');
    return value ?? '';
  }

  fault(name: string, message: string): void {
    this.issues.push({ path: PREFIX + name, message });
  }

  durationMs(name: string, fallbackMs: number): number {
    return this.optionalDurationMs(name) ?? fallbackMs;
  }

  /** `100ms`, `10s`, `5m`, `24h`, `1d`; only 0 may stand without a unit. */
  optionalDurationMs(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const ms = parseDurationMs(text);
    if (ms === null)
      this.fault(name, `"${text}" is not a duration such as 100ms, 10s, 5m, 24h or 1d`);
    return ms;
  }

  integer(name: string, fallback: number, min = 0): number {
    return this.optionalInteger(name, min) ?? fallback;
  }

  optionalInteger(name: string, min = 0): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text.trim());
    if (Number.isSafeInteger(value) && value >= min) return value;
    this.fault(name, `"${text}" is not a whole number of at least ${min}`);
    return null;
  }

  ratio(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (value >= 0 && value <= 1) return value;
    this.fault(name, `"${text}" is not a number from 0 to 1`);
    return fallback;
  }

  flag(name: string): boolean {
    const text = this.text(name)?.trim().toLowerCase() ?? 'false';
    if (text !== 'true' && text !== 'false') this.fault(name, `"${text}" is not true or false`);
    return text === 'true';
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = values.find((candidate) => candidate === text.trim());
    if (value === undefined) this.fault(name, `"${text}" is not one of ${values.join(', ')}`);
    return value ?? fallback;
  }

  /** `ip:port`; port 0 lets the system choose. */
  listenAddress(name: string, fallback: Address): Address {
    const text = this.text(name);
    return text === null ? fallback : this.#listen(name, text);
  }

  listenAddresses(name: string): Address[] {
    return splitList(this.text(name) ?? '').map((part) => this.#listen(name, part));
  }

  /** `listen=original` pairs; null when unset. */
  listenPairs(name: string): ListenPair[] | null {
    const text = this.text(name);
    if (text === null) return null;
    return splitList(text).map((part) => {
      const [left = '', right = ''] = part.split('=');
      return { listen: this.#listen(name, left), original: this.#address(name, right) };
    });
  }

  /** A mandatory `<name>_SVC_ADDR`, with `<name>_SVC_NAME` unless it is on loopback. */
  control(name: string): ControlAddress {
    const text = this.required(`${name}_SVC_ADDR`);
    if (text === '') return { address: { host: 'localhost', port: 1 }, name: null };
    const address = this.#address(`${name}_SVC_ADDR`, text);
    if (isLoopback(address.host)) return { address, name: null };
    return { address, name: this.required(`${name}_SVC_NAME`) };
  }

  /** `1-5,80`. */
  ports(name: string): Set<number> {
    const ports = new Set<number>();
    for (const part of splitList(this.text(name) ?? '')) {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
      const first = Number(match?.[1]);
      const last = Number(match?.[2] ?? match?.[1]);
      if (match === null || first < 1 || last > 65535 || first > last) {
        this.fault(name, `"${part}" is not a port or a range of ports such as 80 or 8000-8010`);
        continue;
      }
      for (let port = first; port <= last; port++) ports.add(port);
    }
    return ports;
  }

  /** `8080/ready,8080/live`; a comma in a path is written %2C. */
  portPaths(name: string): Map<number, Set<string>> {
    const paths = new Map<number, Set<string>>();
    for (const part of splitList(this.text(name) ?? '')) {
      const [, portText = '', path = ''] = /^(\d{1,5})(\/.*)$/.exec(part) ?? [];
      const port = Number(portText);
      if (port < 1 || port > 65535) {
        this.fault(name, `"${part}" is not a port with a path such as 8080/ready`);
        continue;
      }
      const known = paths.get(port) ?? new Set<string>();
      paths.set(port, known.add(path.replaceAll('%2C', ',')));
    }
    return paths;
  }

  #listen(name: string, text: string): Address {
    // The system's choice of port is allowed where we listen, never where we connect.
    const isAnyPort = text.trim().endsWith(':0');
    const address = this.#address(name, isAnyPort ? text.trim().replace(/0$/, '1') : text);
    return isAnyPort ? { host: address.host, port: 0 } : address;
  }

  #address(name: string, text: string): Address {
    const address = parseHostPort(text.trim());
    if (address === null) this.fault(name, `"${text}" is not an address such as 127.0.0.1:4140`);
    return address ?? { host: '127.0.0.1', port: 1 };
  }
}
