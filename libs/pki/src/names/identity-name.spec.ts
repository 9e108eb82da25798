import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIdentityName, parseIdentityName } from './identity-name.ts';

const PARTS = {
  serviceAccount: 'vote.bot',
  namespace: 'emojivoto',
  controlPlaneNamespace: 'tulle',
  trustDomain: 'cluster.local',
};

test('an identity name survives both ways, with a dot in the service account too', () => {
  assert.deepEqual(parseIdentityName(formatIdentityName(PARTS)), PARTS);
});

test('what is not an identity name gives null', () => {
  for (const text of [
    '',
    'web.emojivoto.svc.cluster.local',
    'emojivoto.serviceaccount.identity.tulle.cluster.local',
    'Web.emojivoto.serviceaccount.identity.tulle.cluster.local',
    'web..emojivoto.serviceaccount.identity.tulle.cluster.local',
    'web.emojivoto.serviceaccount.identity.tulle.cluster.local.',
    `${'a.'.repeat(120)}emojivoto.serviceaccount.identity.tulle.cluster.local`,
  ]) {
    assert.equal(parseIdentityName(text), null, text);
  }
});
