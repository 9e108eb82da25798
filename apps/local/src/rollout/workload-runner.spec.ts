import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RolloutState } from '@tulle/model';
import { appEnvironment } from '../instances/app-environment.ts';
import { Instance } from '../instances/instance.ts';
import { planInstance } from '../instances/instance-plan.ts';
import type { Inject, WorkloadSpec } from '../mesh-file/mesh-spec.ts';
import { PortAllocator } from '../net/loopback.ts';
import { ProcessManager } from '../runtime/process-manager.ts';
import { WorkloadRunner, type RolloutTimes } from './workload-runner.ts';

/** An application that says which pod it is. */
const APP = `
const http = require('node:http');
const pod = process.env.POD;
const server = http.createServer((_, response) => response.end(pod)).listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)) && server.closeAllConnections());`;
/** Stands for a proxy: ready as soon as it answers. What a real one does is tested where it lives. */
const READY_SOON = `require('node:http').createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1');`;
const NEVER_READY = `setInterval(() => {}, 1000);`;

const SPEC: WorkloadSpec = {
  ref: { kind: 'deployment', namespace: 'shop', name: 'cart' },
  replicas: 2,
  serviceAccount: 'cart',
  inject: 'disabled',
  command: [process.execPath, '-e', APP],
  cwd: tmpdir(),
  env: { PORT: '{{port.http}}' },
  ports: [{ name: 'http', port: 8080, opaque: false }],
  readiness: { kind: 'tcp', port: 'http' },
  upstreams: [],
};
const TIMES: RolloutTimes = { readyMs: 10_000, drainMs: 1, graceMs: 2000 };

function runWorkload(t: TestContext, proxyScript: string, times: RolloutTimes = TIMES) {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-rollout-'));
  const pids = new Map<string, number>();
  const processes = new ProcessManager(folder, {
    started: (name, pid) => pids.set(name, pid),
    ended: (name) => pids.delete(name),
  });
  const allocator = new PortAllocator();
  let changed = Promise.withResolvers<void>();
  const onChange = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const saved: Inject[] = [];
  const runner = new WorkloadRunner({
    spec: SPEC,
    inject: 'disabled',
    times,
    onChange,
    saveInject: (inject) => saved.push(inject),
    now: Date.now,
    makeInstance: async (podName, meshed) => {
      const ref = { kind: 'pod', namespace: 'shop', name: podName } as const;
      const plan = await planInstance(ref, SPEC, meshed, allocator, () => Promise.reject());
      const env = appEnvironment(plan, { POD: podName });
      const port = plan.proxy?.adminAddress.split(':')[1] ?? '';
      return new Instance({
        plan,
        identity: 'cart.shop',
        proxyVersion: 'test',
        programs: {
          app: { name: podName, command: SPEC.command, cwd: SPEC.cwd, env },
          proxy: meshed
            ? {
                name: `${podName}/proxy`,
                command: [process.execPath, '-e', proxyScript],
                cwd: folder,
                env: { PORT: port },
              }
            : null,
        },
        supervise: (spec, events) => processes.supervise(spec, events),
        onChange,
        release: () => Promise.resolve(),
        now: Date.now,
      });
    },
  });
  t.after(async () => {
    await runner.stop(1000);
    await processes.close();
    rmSync(folder, { recursive: true });
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await changed.promise;
  };
  const ended = async (): Promise<RolloutState> => {
    await until(() => runner.rollout?.endedAtMs !== null);
    assert.ok(runner.rollout);
    return runner.rollout;
  };
  const names = () => runner.instances.map(({ plan }) => plan.ref.name);
  const allReady = () => until(() => runner.instances.every(({ phase }) => phase === 'ready'));
  return { runner, pids, saved, until, ended, names, allReady };
}

function ask(address: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`http://${address}`, { agent: false }, (response) => {
      response.setEncoding('utf8').once('data', resolve);
    }).once('error', reject);
  });
}

test('replaces instances one at a time by ones with a proxy, and keeps the choice', async (t) => {
  const { runner, saved, names, allReady, ended } = runWorkload(t, READY_SOON);
  await runner.start();
  await allReady();
  assert.equal(await ask(runner.instances[1]?.plan.ports[0]?.appAddress), 'cart-2');

  const begun = runner.setInject('enabled');
  assert.deepEqual([begun.cause, begun.step, begun.total], ['inject', 'starting', 2]);
  assert.throws(() => runner.restart(), { code: 'conflict' });
  const rollout = await ended();
  assert.deepEqual([rollout.step, rollout.replaced, rollout.message], ['done', 2, null]);
  assert.deepEqual(names(), ['cart-3', 'cart-4']);
  assert.ok(runner.instances.every((instance) => instance.state().proxy?.ready === true));
  assert.deepEqual(saved, ['enabled']);

  assert.equal(runner.setInject('enabled').step, 'done');
  runner.setInject('disabled');
  await ended();
  assert.ok(runner.instances.every((instance) => instance.state().proxy === null));
});

test('keeps what runs when the new instance does not become ready, and says why', async (t) => {
  const times = { ...TIMES, readyMs: 300 };
  const { runner, names, allReady, ended, saved } = runWorkload(t, NEVER_READY, times);
  await runner.start();
  await allReady();
  runner.setInject('enabled');
  const rollout = await ended();
  assert.equal(rollout.step, 'failed');
  assert.match(
    rollout.message ?? '',
    /cart-3 was not ready within 0.3 s. cart-3 waits for its proxy/,
  );
  assert.match(rollout.message ?? '', /deploy\/cart keeps running as it was/);
  assert.deepEqual(names(), ['cart-1', 'cart-2']);
  assert.equal(runner.state().inject, 'disabled');
  assert.deepEqual(saved, []);
});

test('a proxy that dies is started again alone; its application runs on', async (t) => {
  const { runner, pids, until, allReady, ended } = runWorkload(t, READY_SOON);
  await runner.start();
  await allReady();
  runner.setInject('enabled');
  await ended();
  const [instance] = runner.instances;
  const app = pids.get('cart-3');
  process.kill(pids.get('cart-3/proxy') ?? 0, 'SIGKILL');
  await until(() => instance?.phase === 'failed');
  assert.match(instance?.state().reason ?? '', /^Its proxy was killed by SIGKILL and starts again/);
  await until(() => instance?.phase === 'ready');
  assert.equal(pids.get('cart-3'), app);
  assert.equal(instance?.state().restarts, 1);
});
