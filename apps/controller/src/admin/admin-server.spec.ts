import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { Counter, Registry } from 'prom-client';
import { startAdminServer } from './admin-server.ts';

test('metrics, readiness and liveness are told; all else is refused', async (t) => {
  const registry = new Registry();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc();
  let missing: string | null = 'waiting for the platform';
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startAdminServer({ listen, registry, waitingFor: () => missing });
  t.after(() => server.close());
  const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask('/ready'), [503, 'waiting for the platform\n']);
  missing = null;
  assert.deepEqual(await ask('/ready?x'), [200, 'ready\n']);
  assert.deepEqual(await ask('/live'), [200, 'live\n']);
  assert.match((await ask('/metrics'))[1], /^things_total 1$/m);
  assert.equal((await ask('/'))[0], 404);
  assert.equal((await ask('/ready', 'POST'))[0], 405);
  await assert.rejects(
    startAdminServer({
      listen: { ...listen, port: server.port },
      registry,
      waitingFor: () => null,
    }),
    (error: unknown) => error instanceof TulleError && /TULLE_ADMIN_ADDR/.test(error.message),
  );
});
