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

test('a child adds its fields and follows the level of its parent', () => {
  const { lines, logger } = start('json');
  const child = logger.child({ part: 'tap' });
  child.debug('quiet');
  logger.level = 'debug';
  child.debug({ n: 1 }, 'loud');
  const entry = JSON.parse(lines.join('')) as Record<string, unknown>;
  assert.deepEqual([entry['name'], entry['part'], entry['n']], ['proxy', 'tap', 1]);
  assert.equal(child.level, 'debug');
});

test('what JSON cannot say does not throw', () => {
  const { lines, logger } = start('json');
  const circle: Record<string, unknown> = { n: 2n };
  logger.info({ n: 2n }, 'big');
  circle['self'] = circle;
  logger.error(circle, 'round');
  assert.match(lines[0] ?? '', /"n":"2","msg":"big"/);
  assert.match(lines[1] ?? '', /"level":"error".*"msg":"round".*circular/);
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
