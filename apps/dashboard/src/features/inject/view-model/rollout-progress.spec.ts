import type { RolloutState, RolloutView } from '@tulle/model';
import { describe, expect, it } from 'vitest';
import { planSentence } from './inject-words.ts';
import { rolloutProgress } from './rollout-progress.ts';

const ROLLOUT: RolloutState = {
  id: 'r1',
  workload: { kind: 'deployment', namespace: 'emojivoto', name: 'vote-bot' },
  cause: 'inject',
  step: 'waiting-ready',
  replaced: 0,
  total: 1,
  startedAtMs: 1000,
  endedAtMs: null,
  message: null,
};

function progressOf(change: Partial<RolloutState>, firstRequestAtMs: number | null = null) {
  const rollout = { ...ROLLOUT, ...change };
  const view: RolloutView = { rollout, firstRequestAtMs };
  return rolloutProgress(view, rollout);
}

describe('rolloutProgress', () => {
  it('shows what is done, what is under way and what is to come', () => {
    expect(progressOf({}).steps.map(({ state }) => state)).toEqual([
      'done',
      'now',
      'to-come',
      'to-come',
    ]);
  });

  it('is not done before the first request went through the new proxy', () => {
    const waiting = progressOf({ step: 'done', replaced: 1 });
    expect(waiting.kind).toBe('running');
    expect(waiting.steps.at(-1)?.detail).toMatch(/waits for traffic/);
    const done = progressOf({ step: 'done', replaced: 1 }, 3100);
    expect(done.kind).toBe('done');
    expect(done.headline).toBe('vote-bot is in the mesh');
    expect(done.steps.at(-1)?.detail).toBe('2.1 s after the click');
  });

  it('is done with the last instance when it is taken out', () => {
    const done = progressOf({ cause: 'uninject', step: 'done', replaced: 1 });
    expect(done.kind).toBe('done');
    expect(done.headline).toBe('vote-bot is outside the mesh');
  });

  it('says where it failed, why, and what was kept', () => {
    const failed = progressOf({ step: 'failed', message: 'The old instance is kept.' });
    expect(failed.kind).toBe('failed');
    expect(failed.steps[1]).toMatchObject({
      state: 'failed',
      detail: 'The old instance is kept.',
    });
  });
});

describe('planSentence', () => {
  const plan = {
    workload: ROLLOUT.workload,
    to: 'enabled',
    instances: 1,
    findings: [],
    written: [],
    expectedSeconds: 2.2,
  } as const;

  it('says who restarts, how, and how long it takes', () => {
    expect(planSentence(plan)).toBe(
      'Its one instance restarts with a proxy beside it. About 2 seconds, as earlier ones took.',
    );
    expect(planSentence({ ...plan, to: 'disabled', instances: 2, expectedSeconds: null })).toBe(
      'Its 2 instances restart one after the other, each without its proxy.',
    );
  });
});
