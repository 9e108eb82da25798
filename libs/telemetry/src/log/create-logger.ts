/**
 * One line an event, as JSON or for people. Our own, since it is in every proxy: a logging library is a megabyte there, and
 * the proxies of a mesh are as many as its pods.
 */
import { LOG_LEVELS, type LogLevel } from './log-level.ts';
import { toPlainLine } from './plain-line.ts';

export type LogFormat = 'plain' | 'json';

export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** `log.info({ endpoint }, 'message')`; `log.child({ part: 'tap' })`. */
export interface Logger {
  /** Of this logger, its parent and its children together; `silent` when it is off. In force at once. */
  level: string;
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
  /** A logger whose lines all have these fields. */
  child(fields: object): Logger;
}

export interface LoggerOptions {
  /** Which program speaks. */
  readonly name: string;
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes whole lines; standard output where absent. */
  readonly write?: (line: string) => void;
}

type Entry = Record<string, unknown>;

/** Field names whose values are never logged, wherever they stand one or two levels deep. */
const SECRET_FIELDS = ['authorization', 'cookie', 'token', 'password', 'secret', 'key'];
const REDACTED = '[redacted]';

/** The process's logger. Secrets are replaced whole, not shortened; what cannot be written as JSON does not throw. */
export function createLogger(options: LoggerOptions): Logger {
  const out = options.write ?? ((line: string) => void process.stdout.write(line));
  const write = options.format === 'json' ? out : (line: string) => out(toPlainLine(line));
  return new LineLogger({ name: options.name }, { write, rank: rankOf(options.level) });
}

/** Changes the level of a running logger. */
export function setLogLevel(logger: Logger, level: LogLevel): void {
  logger.level = level;
}

/** What a logger shares with its children. */
interface Output {
  readonly write: (line: string) => void;
  /** Of the most talkative level written. */
  rank: number;
}

class LineLogger implements Logger {
  readonly error = this.#method('error');
  readonly warn = this.#method('warn');
  readonly info = this.#method('info');
  readonly debug = this.#method('debug');
  readonly trace = this.#method('trace');
  readonly #base: Entry;
  readonly #output: Output;

  constructor(base: Entry, output: Output) {
    this.#base = base;
    this.#output = output;
  }

  get level(): string {
    const { rank } = this.#output;
    return rank === 0 ? 'silent' : (LOG_LEVELS[rank] ?? 'trace');
  }

  set level(level: string) {
    this.#output.rank = rankOf(level);
  }

  child(fields: object): Logger {
    return new LineLogger({ ...this.#base, ...fields }, this.#output);
  }

  #method(level: LogLevel): LogMethod {
    const rank = rankOf(level);
    return (first: object | string, message?: string): void => {
      if (rank > this.#output.rank) return;
      const fields = typeof first === 'string' ? {} : readable(first);
      const msg = typeof first === 'string' ? first : message;
      const time = new Date().toISOString();
      this.#output.write(toJson({ level, time, ...this.#base, ...fields, msg }));
    };
  }
}

/** Off for a level nobody knows. */
function rankOf(level: string): number {
  return Math.max(0, LOG_LEVELS.indexOf(level as LogLevel));
}

/** Fields as they may be written. */
function readable(fields: object): Entry {
  if (fields instanceof Error) return { err: describeError(fields) };
  const entry = withoutSecrets(fields);
  for (const name of ['err', 'error']) {
    if (name in entry) entry[name] = describeError(entry[name]);
  }
  for (const [name, value] of Object.entries(entry)) {
    if (isPlainObject(value)) entry[name] = withoutSecrets(value);
  }
  return entry;
}

function withoutSecrets(fields: object): Entry {
  const entry: Entry = { ...fields };
  for (const name of SECRET_FIELDS) if (name in entry) entry[name] = REDACTED;
  return entry;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toJson(entry: Entry): string {
  try {
    return `${JSON.stringify(entry, writable)}\n`;
  } catch (error) {
    const { level, time, name, msg } = entry;
    return `${JSON.stringify({ level, time, name, msg, unwritable: describeError(error) })}\n`;
  }
}

function writable(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** What went wrong and what caused it, in one line; stacks only help for our own bugs and come at debug. */
function describeError(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const cause = reason.cause === undefined ? '' : `: ${describeError(reason.cause)}`;
  return reason.message + (cause.includes(reason.message) ? '' : cause);
}
