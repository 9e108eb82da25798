import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, setLogLevel, type LogFormat } from './create-logger.ts';
import { parseLogFilter } from './log-level.ts';

function start(format: LogFormat) {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'proxy',
    level: 'info',
    format,
    write: (line) => lines.push(line),
  });
  return { lines, logger };
}

test('json: one object a line with level, time and name', () => {
  const { lines, logger } = start('json');
  logger.info({ port: 4143 }, 'listening');
  const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.equal(entry['level'], 'info');
  assert.equal(entry['port'], 4143);
  assert.equal(entry['msg'], 'listening');
});

test('plain: time, level, name, message, fields; no forged lines', () => {
  const { lines, logger } = start('plain');
  logger.warn({ path: 'a b', err: new Error('x', { cause: new Error('y') }) }, 'bad\nline');
  assert.match(lines[0] ?? '', /Z WARN {2}proxy: bad\\nline path="a b" err="x: y"\n$/);
});

test('secrets are not logged', () => {
  const { lines, logger } = start('json');
  logger.info({ token: 'hunter2', headers: { authorization: 'hunter2' } }, 'certify');
  assert.ok(!lines.join('').includes('hunter2'));
});

test('the level can change while running', () => {
  const { lines, logger } = start('plain');
  logger.debug('quiet');
  setLogLevel(logger, 'debug');
  logger.debug('loud');
  setLogLevel(logger, 'off');
  logger.error('quiet');
  assert.equal(lines.length, 1);
});

test("Linkerd's filters give a level", () => {
  assert.equal(parseLogFilter('warn,linkerd=info,hickory=error'), 'info');
  assert.equal(parseLogFilter('debug'), 'debug');
  assert.equal(parseLogFilter('warn,tulle=trace,linkerd_app=off'), 'trace');
  assert.equal(parseLogFilter('loud'), null);
  assert.equal(parseLogFilter('warn,linkerd=loud'), null);
});
