import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceState, PlatformState, RolloutState, WorkloadRef } from '@tulle/model';
import { recordPlatformChanges } from './record-platform-changes.ts';

const WEB: WorkloadRef = { kind: 'deployment', namespace: 'emojivoto', name: 'web' };

function instance(restarts: number, reason: string | null = null): InstanceState {
  return {
    ref: { kind: 'pod', namespace: 'emojivoto', name: 'web-0' },
    workload: WEB,
    serviceAccount: 'web',
    phase: 'ready',
    restarts,
    reason,
    proxy: { identity: 'i', adminAddress: '', tapAddress: '', version: '', ready: true },
    endpoints: [],
    startedAtMs: 100,
  };
}

function rollout(step: RolloutState['step'], message: string | null = null): RolloutState {
  const common = { id: 'r1', workload: WEB, cause: 'inject', replaced: 0, total: 1 } as const;
  return { ...common, step, startedAtMs: 0, endedAtMs: null, message };
}

function watch(
  startedAtMs: number,
  refuse: () => void = () => undefined,
): {
  become: (instances: InstanceState[], rollouts?: RolloutState[]) => void;
  recorded: string[];
  faults: unknown[];
} {
  let state: PlatformState = {
    revision: 0,
    workloads: [],
    instances: [],
    services: [],
    rollouts: [],
  };
  let notify = (): void => undefined;
  const recorded: string[] = [];
  const faults: unknown[] = [];
  recordPlatformChanges({
    platform: {
      state: () => state,
      onChange: (listener) => {
        notify = listener;
        return () => undefined;
      },
    },
    changes: {
      record: (event) => {
        refuse();
        recorded.push(`${event.verb} ${event.message}`);
        return { ...event, id: '1', atMs: 0 };
      },
    },
    controller: { kind: 'deployment', namespace: 'tulle', name: 'controller' },
    startedAtMs,
    onFault: (error) => faults.push(error),
  });
  return {
    recorded,
    faults,
    become: (instances, rollouts = []) => {
      state = { ...state, revision: state.revision + 1, instances, rollouts };
      notify();
      notify();
    },
  };
}

test('a controller that finds ready proxies older than itself has come back', () => {
  const returned = watch(200);
  returned.become([instance(0)]);
  returned.become([instance(0)]);
  assert.deepEqual(returned.recorded, [
    'controller-restarted controller came back; the proxies kept forwarding meanwhile',
  ]);
  const first = watch(50);
  first.become([instance(0)]);
  assert.deepEqual(first.recorded, []);
});

test('a restart and a failed rollout are recorded once, with the reason', () => {
  const { become, recorded } = watch(50);
  become([instance(2)], [rollout('starting')]);
  become([instance(3, 'exit code 1')], [rollout('starting')]);
  become([instance(3)], [rollout('failed', 'web-1 was not ready within 30 s')]);
  become([instance(3)], [rollout('failed', 'web-1 was not ready within 30 s')]);
  assert.deepEqual(recorded, [
    'instance-restarted web-0 ended and was started again: exit code 1',
    'rolled web could not be brought into the mesh: web-1 was not ready within 30 s',
  ]);
});

test('a disk that is full ends no controller: the restart it could not record is told as a fault', () => {
  let isFull = true;
  const full = new Error('database or disk is full');
  const { become, recorded, faults } = watch(50, () => {
    if (isFull) throw full;
  });
  become([instance(0)]);
  become([instance(1)]);
  isFull = false;
  become([instance(2)]);
  assert.deepEqual(faults, [full]);
  assert.equal(recorded.length, 1);
});
