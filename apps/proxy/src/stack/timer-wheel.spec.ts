import assert from 'node:assert/strict';
import { beforeEach, test, type TestContext } from 'node:test';
import { TimerEntry, TimerWheel } from './timer-wheel.ts';

let nowMs = 0;
beforeEach(() => {
  nowMs = 1_000_003;
});

/** A wheel of 10 ms ticks on a clock moved by hand. */
function handDriven(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const wheel = new TimerWheel(10, () => nowMs);
  return {
    wheel,
    arm: (delayMs: number, fire: () => void): TimerEntry => {
      const entry = new TimerEntry(fire);
      wheel.schedule(entry, nowMs + delayMs);
      return entry;
    },
    advance: (ms: number): void => {
      nowMs += ms;
      t.mock.timers.tick(10);
    },
  };
}

test('an entry fires once, never early and at most one tick late', (t) => {
  const { arm, advance } = handDriven(t);
  let fired = 0;
  arm(25, () => (fired += 1));
  advance(10);
  advance(10);
  assert.equal(fired, 0);
  advance(10);
  assert.equal(fired, 1);
  advance(1000);
  assert.equal(fired, 1);
});

test('a cancelled entry never fires', (t) => {
  const { wheel, arm, advance } = handDriven(t);
  const entry = arm(20, () => assert.fail('fired'));
  wheel.cancel(entry);
  wheel.cancel(entry);
  advance(100);
  assert.equal(wheel.linked, 0);
});

test('a deadline moved later is waited for, one moved earlier fires earlier', (t) => {
  const { wheel, arm, advance } = handDriven(t);
  const fired: string[] = [];
  const later = arm(20, () => fired.push('later'));
  const earlier = arm(500, () => fired.push('earlier'));
  wheel.schedule(later, nowMs + 300);
  wheel.schedule(earlier, nowMs + 20);
  for (let i = 0; i < 4; i += 1) advance(10);
  assert.deepEqual(fired, ['earlier']);
  for (let i = 0; i < 30; i += 1) advance(10);
  assert.deepEqual(fired, ['earlier', 'later']);
});

test('a deadline beyond one turn of the wheel waits for its own turn', (t) => {
  const { arm, advance } = handDriven(t);
  let fired = false;
  arm(512 * 10 + 40, () => (fired = true));
  for (let i = 0; i < 515; i += 1) advance(10);
  assert.equal(fired, false);
  advance(10);
  advance(10);
  assert.equal(fired, true);
});

test('a stall longer than the wheel fires everything due, once', (t) => {
  const { wheel, arm, advance } = handDriven(t);
  const fired: number[] = [];
  for (const delay of [5, 100, 5000, 20_000, 90_000]) arm(delay, () => fired.push(delay));
  advance(60_000);
  assert.deepEqual(
    fired.toSorted((a, b) => a - b),
    [5, 100, 5000, 20_000],
  );
  assert.equal(wheel.linked, 1);
});

test('a callback may cancel its neighbour and schedule itself anew', (t) => {
  const { wheel, advance } = handDriven(t);
  let fired = 0;
  const entries: TimerEntry[] = [];
  const fire = (): void => {
    fired += 1;
    for (const entry of entries) wheel.cancel(entry);
    if (fired === 1) wheel.schedule(entries[0] as TimerEntry, nowMs);
  };
  entries.push(new TimerEntry(fire), new TimerEntry(fire));
  for (const entry of entries) wheel.schedule(entry, nowMs + 10);
  advance(20);
  assert.equal(fired, 1);
  advance(20);
  assert.equal(fired, 2);
});
