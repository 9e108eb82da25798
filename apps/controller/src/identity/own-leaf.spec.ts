import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { createAuthority, createAuthorityMaterial, type Authority } from '@tulle/pki';
import { createReloadingAuthority } from './authority-source.ts';
import { createOwnLeaf } from './own-leaf.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };

/** Waits that the test ends. */
function manualDelays() {
  const waits: { ms: number; end: () => void }[] = [];
  let wake: (() => void) | null = null;
  return {
    delay: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        waits.push({ ms, end: resolve });
        wake?.();
      }),
    next: async (): Promise<{ ms: number; end: () => void }> => {
      while (waits.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waits.shift() ?? { ms: 0, end: () => undefined };
    },
  };
}

function credentialsUntil(validUntilMs: number) {
  return { certPem: '', keyPem: '', anchorsPem: '', validUntilMs };
}

test('a certificate is renewed at 70 % of its life, and asked for again with backoff while it is refused', async () => {
  const { delay, next } = manualDelays();
  const answers: (number | null)[] = [null, null, 1000, 3000];
  const faults: string[] = [];
  let nowMs = 0;
  const leaf = createOwnLeaf({
    request: async () => {
      const until = answers.shift() ?? null;
      if (until === null) throw new TulleError('unavailable', 'nobody there');
      return credentialsUntil(until);
    },
    now: () => nowMs,
    delay,
    onFault: ({ message }) => faults.push(message),
  });
  assert.equal(leaf.isValid(), false);
  const first = await next();
  assert.equal(first.ms, 200);
  first.end();
  const second = await next();
  assert.equal(second.ms, 400);
  second.end();
  const renewal = await next();
  assert.equal(renewal.ms, 700);
  assert.equal((await leaf.credentials()).validUntilMs, 1000);
  assert.equal(faults.length, 2);
  const renewed: number[] = [];
  leaf.onRenewed(({ validUntilMs }) => renewed.push(validUntilMs));
  nowMs = 700;
  renewal.end();
  await next();
  assert.deepEqual(renewed, [1000, 3000]);
  nowMs = 2999;
  assert.equal(leaf.isValid(), true);
  nowMs = 3000;
  assert.equal(leaf.isValid(), false);
  leaf.close();
});

test('a rotated issuer is in force for the next certificate; one that cannot be used changes nothing', async () => {
  const make = async (): Promise<Authority> =>
    createAuthority(await createAuthorityMaterial(NAMES));
  const [old, renewed] = [await make(), await make()];
  let onDisk: Authority | TulleError = old;
  let nowMs = 0;
  const rotated: Authority[] = [];
  const faults: TulleError[] = [];
  const source = await createReloadingAuthority({
    load: async () => {
      if (onDisk instanceof TulleError) throw onDisk;
      return onDisk;
    },
    now: () => nowMs,
    onRotated: (authority) => rotated.push(authority),
    onFault: (error) => faults.push(error),
  });
  assert.equal(await source(), old);
  onDisk = new TulleError('unavailable', 'tls.key is not the key of tls.crt');
  nowMs += 5000;
  assert.equal(await source(), old);
  nowMs += 5000;
  assert.equal(await source(), old);
  assert.equal(faults.length, 1, 'the same fault is told once');
  onDisk = renewed;
  assert.equal(await source(), old, 'it was looked at a moment ago');
  nowMs += 5000;
  assert.equal(await source(), renewed);
  assert.deepEqual(rotated, [renewed]);
});
