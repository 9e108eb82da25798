import { pino, type Logger as PinoLogger } from 'pino';
import type { LogLevel } from './log-level.ts';
import { toPlainLine } from './plain-line.ts';

export type LogFormat = 'plain' | 'json';
/** `log.info({ endpoint }, 'message')`; `log.child({ part: 'tap' })`; `log.level = 'debug'` in force at once. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Which program speaks. */
  readonly name: string;
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes whole lines; standard output where absent. */
  readonly write?: (line: string) => void;
}

/** Field names whose values are never logged, wherever they stand one or two levels deep. */
const SECRET_FIELDS = ['authorization', 'cookie', 'token', 'password', 'secret', 'key'];

/** The process's logger. One line an event; secrets are replaced by their name's absence, not shortened. */
export function createLogger(options: LoggerOptions): Logger {
  const out = options.write ?? ((line: string) => void process.stdout.write(line));
  const write = options.format === 'json' ? out : (line: string) => out(toPlainLine(line));
  return pino(
    {
      name: options.name,
      level: options.level === 'off' ? 'silent' : options.level,
      base: { name: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
        censor: '[redacted]',
      },
      serializers: { err: describeError, error: describeError },
    },
    { write },
  );
}

/** Changes the level of a running logger. */
export function setLogLevel(logger: Logger, level: LogLevel): void {
  logger.level = level === 'off' ? 'silent' : level;
}

/** What went wrong and what caused it, in one line; stacks only help for our own bugs and come at debug. */
function describeError(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const cause = reason.cause === undefined ? '' : `: ${describeError(reason.cause)}`;
  return reason.message + (cause.includes(reason.message) ? '' : cause);
}
