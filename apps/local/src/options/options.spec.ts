import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { parseOptions } from './options.ts';

const parse = (...args: string[]) => parseOptions(args, '/tulle', '/home/me');

test('defaults to the demo, port 8084 and a state folder beside it', () => {
  const options = parse();
  assert.deepEqual(options, {
    kind: 'run',
    file: '/tulle/mesh.yaml',
    port: 8084,
    stateDir: '/tulle/.tulle',
    hostPorts: new Map(),
    logLevel: 'info',
  });
});

test('takes paths relative to where the command was typed, and ports by service', () => {
  const options = parse('--file', 'm.yaml', '--state-dir=s', '--host-port', 'web-svc=9000');
  assert.ok(options.kind === 'run');
  assert.equal(options.file, '/home/me/m.yaml');
  assert.equal(options.stateDir, '/home/me/s');
  assert.equal(options.hostPorts.get('web-svc'), 9000);
});

test('refuses what it cannot read, all at once', () => {
  assert.throws(
    () => parse('--port', '80x', '--host-port', 'web', '--log-level', 'loud'),
    (error: unknown) => error instanceof TulleError && error.issues.length === 3,
  );
  assert.throws(() => parse('--nonsense'), TulleError);
});
