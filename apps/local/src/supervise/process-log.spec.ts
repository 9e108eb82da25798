import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProcessLog } from './process-log.ts';

test('keeps two files of bounded size and the newest lines', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'web.log');
  const log = new ProcessLog(path, { fileBytes: 100, tailBytes: 60, pendingBytes: 1000 });
  for (let line = 0; line < 30; line += 1) log.write(Buffer.from(`line ${line}\n`));
  await log.close();
  assert.ok(readFileSync(path).length <= 100);
  assert.ok(readFileSync(`${path}.1`).length <= 100);
  assert.equal(log.tail(2), 'line 28\nline 29\n');
  assert.ok(log.tail(1000).length <= 60);
  assert.equal(log.droppedBytes, 0);
});

test('drops and counts what the disk cannot take', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = new ProcessLog(join(folder, 'a.log'), {
    fileBytes: 1e6,
    tailBytes: 1e6,
    pendingBytes: 100,
  });
  log.write(Buffer.alloc(101, 'x'));
  log.write(Buffer.alloc(50, 'y'));
  assert.equal(log.droppedBytes, 50);
  await log.close();
});
