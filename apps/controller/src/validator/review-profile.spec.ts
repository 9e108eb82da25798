import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRequest } from '../webhook/admission-review.ts';
import { reviewProfile } from './review-profile.ts';

function request(spec: unknown, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'u',
    kind: { group: 'linkerd.io', version: 'v1alpha2', kind: 'ServiceProfile' },
    namespace: 'emojivoto',
    operation: 'CREATE',
    object: { metadata: { name: 'web-svc.emojivoto.svc.cluster.local' }, spec },
    ...more,
  };
}

const ROUTE = { name: 'vote', condition: { method: 'GET', pathRegex: '/api/vote' } };

test('a profile that can be followed is let in', async () => {
  assert.deepEqual(await reviewProfile(request({ routes: [ROUTE] })), { kind: 'allowed' });
});

test('one that cannot is refused with every reason and its place', async () => {
  const routes = [
    { ...ROUTE, condition: { pathRegex: '/api/(' } },
    { ...ROUTE, timeout: 'soon' },
  ];
  for (const operation of ['CREATE', 'UPDATE'] as const) {
    const verdict = await reviewProfile(request({ routes }, { operation }));
    assert.ok(verdict.kind === 'denied');
    assert.match(
      verdict.message,
      /spec\.routes\[0\]\.condition\.pathRegex: Not a regular expression/,
    );
    assert.match(verdict.message, /spec\.routes\[1\]\.timeout: Not a duration/);
  }
  assert.equal((await reviewProfile(request(undefined))).kind, 'denied');
});

test('removals and other kinds are none of its business', async () => {
  const wrong = { routes: 1 };
  const removed = await reviewProfile(request(wrong, { operation: 'DELETE' }));
  assert.equal(removed.kind, 'allowed');
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
  assert.equal((await reviewProfile(request(wrong, { kind }))).kind, 'allowed');
});
