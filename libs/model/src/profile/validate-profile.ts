/**
 * What Linkerd's sp-validator refuses (linkerd2 pkg/profiles/profiles.go), and three things more: a path pattern that
 * no proxy could compile, two routes of one name (their numbers would be added up), and sizes without a limit.
 */
import type { Issue } from '../errors/tulle-error.ts';
import { parseGoDuration } from './go-duration.ts';
import { compilePathRegex } from './path-regex.ts';

/** Routes of one profile; each is one set of series in each proxy. */
export const MAX_ROUTES = 500;
const MAX_NAME_CHARS = 253;
/** Conditions inside conditions. */
const MAX_DEPTH = 16;
const MAX_ISSUES = 100;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: string) => void;

/** All faults of a profile's spec, at most 100, in reading order; none when it may be saved. Never throws. */
export function validateServiceProfile(spec: unknown): readonly Issue[] {
  const validator = new Validator();
  validator.spec(spec);
  return validator.issues;
}

class Validator {
  readonly issues: Issue[] = [];

  spec(spec: unknown): void {
    const fields = this.#fields(spec, '', ['routes', 'retryBudget', 'dstOverrides', 'opaquePorts']);
    if (fields === null) return;
    this.#optional(fields, 'dstOverrides', '', (value, at) =>
      this.#list(value, at, (item, itemPath) => this.#dstOverride(item, itemPath)),
    );
    this.#optional(fields, 'opaquePorts', '', (value, at) =>
      this.#list(value, at, (item, itemPath) => this.#opaquePort(item, itemPath)),
    );
    if ('retryBudget' in fields) this.#retryBudget(fields['retryBudget'], 'retryBudget');
    if (!('routes' in fields)) return this.#say('routes', 'routes is missing; write [] for none');
    const { routes } = fields;
    if (!Array.isArray(routes)) return this.#say('routes', 'routes must be a list');
    if (routes.length > MAX_ROUTES) {
      return this.#say(
        'routes',
        `A profile has at most ${MAX_ROUTES} routes; this has ${routes.length}`,
      );
    }
    routes.forEach((route, index) => this.#route(route, `routes[${index}]`));
    this.#uniqueNames(routes);
    return undefined;
  }

  #dstOverride(override: unknown, path: string): void {
    const fields = this.#fields(override, path, ['authority', 'weight']);
    if (fields === null) return;
    const { authority, weight } = fields;
    if (typeof authority !== 'string' || !/^[a-z0-9.-]+(:\d{1,5})?$/.test(authority)) {
      this.#say(`${path}.authority`, 'Name a service: web-v2.emojivoto.svc.cluster.local');
    }
    if (!/^\d+(\.\d+)?m?$/.test(String(weight))) {
      this.#say(`${path}.weight`, 'A weight is a number or thousandths: 1 or 500m');
    }
  }

  #opaquePort(port: unknown, path: string): void {
    if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536) return;
    this.#say(path, 'A port is a whole number from 1 to 65535');
  }

  #route(route: unknown, path: string): void {
    const known = ['name', 'condition', 'responseClasses', 'isRetryable', 'timeout'];
    const fields = this.#fields(route, path, known);
    if (fields === null) return;
    this.#name(fields['name'], `${path}.name`);
    if (fields['condition'] === undefined || fields['condition'] === null) {
      this.#say(`${path}.condition`, 'Say which requests it takes: a method, a path or both');
    } else this.#requestMatch(fields['condition'], `${path}.condition`, 0);
    this.#optional(fields, 'isRetryable', path, (value, at) => this.#boolean(value, at));
    this.#optional(fields, 'timeout', path, (value, at) => this.#timeout(value, at));
    this.#optional(fields, 'responseClasses', path, (value, at) =>
      this.#list(value, at, (item, itemPath) => this.#responseClass(item, itemPath)),
    );
  }

  #name(name: unknown, path: string): void {
    if (typeof name !== 'string' || name.trim() === '') {
      return this.#say(path, 'A route needs a name; its numbers are shown under it');
    }
    if (name.length > MAX_NAME_CHARS) {
      return this.#say(path, `A name has at most ${MAX_NAME_CHARS} characters`);
    }
    return undefined;
  }

  #uniqueNames(routes: readonly unknown[]): void {
    const first = new Map<string, number>();
    routes.forEach((route, index) => {
      const name = isFields(route) ? route['name'] : undefined;
      if (typeof name !== 'string' || name === '') return;
      const earlier = first.get(name);
      if (earlier === undefined) first.set(name, index);
      else
        this.#say(
          `routes[${index}].name`,
          `Route ${earlier + 1} has this name too; give it another`,
        );
    });
  }

  #requestMatch(match: unknown, path: string, depth: number): void {
    const fields = this.#fields(match, path, ['pathRegex', 'method', 'all', 'any', 'not']);
    if (fields === null) return;
    if (depth >= MAX_DEPTH) return this.#say(path, `Conditions nest at most ${MAX_DEPTH} deep`);
    const deeper: Check = (value, at) => this.#requestMatch(value, at, depth + 1);
    this.#optional(fields, 'method', path, (value, at) => this.#method(value, at));
    this.#optional(fields, 'pathRegex', path, (value, at) => this.#pathRegex(value, at));
    this.#optional(fields, 'all', path, (value, at) => this.#list(value, at, deeper));
    this.#optional(fields, 'any', path, (value, at) => this.#list(value, at, deeper));
    this.#optional(fields, 'not', path, deeper);
    if (Object.values(fields).every((value) => value === undefined)) {
      this.#say(path, 'Say which requests it takes: a method, a path, all, any or not');
    }
    return undefined;
  }

  #method(method: unknown, path: string): void {
    // A token, RFC 9110 5.6.2.
    if (typeof method === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(method)) return;
    this.#say(path, 'A method is one word, such as GET');
  }

  #pathRegex(regex: unknown, path: string): void {
    if (typeof regex !== 'string') return this.#say(path, 'pathRegex must be a text');
    if (regex === '') return this.#say(path, 'The path is empty; write / or .* for every path');
    const compiled = compilePathRegex(regex);
    if (compiled.ok) return undefined;
    const { message, at } = compiled.fault;
    const place = /\d/.test(message) ? '' : ` (character ${at + 1})`;
    return this.#say(path, `Not a regular expression: ${message}${place}`);
  }

  #timeout(timeout: unknown, path: string): void {
    const ms = typeof timeout === 'string' ? parseGoDuration(timeout) : null;
    if (ms === null) return this.#say(path, 'Not a duration; write 250ms, 2s or 1m30s');
    if (ms < 0) return this.#say(path, 'A timeout cannot be negative');
    return undefined;
  }

  #responseClass(value: unknown, path: string): void {
    const fields = this.#fields(value, path, ['condition', 'isFailure']);
    if (fields === null) return;
    this.#optional(fields, 'isFailure', path, (flag, at) => this.#boolean(flag, at));
    if (fields['condition'] === undefined || fields['condition'] === null) {
      return this.#say(
        `${path}.condition`,
        'Say which answers it takes, for example status 500 to 599',
      );
    }
    return this.#responseMatch(fields['condition'], `${path}.condition`, 0);
  }

  #responseMatch(match: unknown, path: string, depth: number): void {
    const fields = this.#fields(match, path, ['status', 'all', 'any', 'not']);
    if (fields === null) return;
    if (depth >= MAX_DEPTH) return this.#say(path, `Conditions nest at most ${MAX_DEPTH} deep`);
    const deeper: Check = (value, at) => this.#responseMatch(value, at, depth + 1);
    this.#optional(fields, 'status', path, (value, at) => this.#statusRange(value, at));
    this.#optional(fields, 'all', path, (value, at) => this.#list(value, at, deeper));
    this.#optional(fields, 'any', path, (value, at) => this.#list(value, at, deeper));
    this.#optional(fields, 'not', path, deeper);
    if (Object.values(fields).every((value) => value === undefined)) {
      this.#say(path, 'Say which answers it takes: status, all, any or not');
    }
    return undefined;
  }

  #statusRange(range: unknown, path: string): void {
    const fields = this.#fields(range, path, ['min', 'max']);
    if (fields === null) return;
    const { min, max } = fields;
    if (min === undefined && max === undefined) {
      return this.#say(path, 'A range of statuses needs min, max or both');
    }
    const inRange = [min, max].every((bound, index) => {
      if (bound === undefined) return true;
      const fits =
        typeof bound === 'number' && Number.isInteger(bound) && bound >= 100 && bound <= 599;
      if (!fits) this.#say(`${path}.${index === 0 ? 'min' : 'max'}`, 'A status is 100 to 599');
      return fits;
    });
    if (inRange && typeof min === 'number' && typeof max === 'number' && max < min) {
      this.#say(`${path}.max`, `max ${max} is below min ${min}`);
    }
    return undefined;
  }

  #retryBudget(budget: unknown, path: string): void {
    const fields = this.#fields(budget, path, ['retryRatio', 'minRetriesPerSecond', 'ttl']);
    if (fields === null) return;
    this.#atLeastZero(fields['retryRatio'], `${path}.retryRatio`, 'for example 0.2');
    this.#atLeastZero(
      fields['minRetriesPerSecond'],
      `${path}.minRetriesPerSecond`,
      'for example 10',
    );
    const { ttl } = fields;
    const ms = typeof ttl === 'string' ? parseGoDuration(ttl) : null;
    if (ms === null) return this.#say(`${path}.ttl`, 'Not a duration; write 10s');
    // linkerd2-proxy refuses a budget outside these (RetryBudget in service profiles).
    if (ms < 1000 || ms > 60_000) this.#say(`${path}.ttl`, 'ttl is 1s to 60s');
    return undefined;
  }

  #atLeastZero(value: unknown, path: string, example: string): void {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return;
    this.#say(path, `Must be 0 or more, ${example}`);
  }

  #boolean(value: unknown, path: string): void {
    if (typeof value !== 'boolean') this.#say(path, 'Must be true or false');
  }

  #list(value: unknown, path: string, check: Check): void {
    if (!Array.isArray(value)) return this.#say(path, 'Must be a list');
    if (value.length === 0) return this.#say(path, 'The list is empty');
    value.forEach((item, index) => check(item, `${path}[${index}]`));
    return undefined;
  }

  #optional(fields: Fields, name: string, path: string, check: Check): void {
    const value = fields[name];
    if (value !== undefined) check(value, path === '' ? name : `${path}.${name}`);
  }

  /** The value as an object with none but the known fields; null, and said, when it is none. */
  #fields(value: unknown, path: string, known: readonly string[]): Fields | null {
    if (!isFields(value)) {
      this.#say(path, value === null ? 'Must not be null' : 'Must be an object');
      return null;
    }
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        this.#say(
          path === '' ? name : `${path}.${name}`,
          `"${name}" is not known; known here: ${known.join(', ')}`,
        );
      }
    }
    return value;
  }

  #say(path: string, message: string): void {
    if (this.issues.length < MAX_ISSUES) this.issues.push({ path, message });
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
