import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SeenRequest } from '../tap/index.ts';
import { failureEvidence, overRepresented } from './failure-evidence.ts';

function seen(pod: string, failed: boolean, count: number): SeenRequest {
  return {
    method: 'POST',
    path: failed
      ? '/emojivoto.v1.VotingService/VoteDoughnut'
      : '/emojivoto.v1.VotingService/VoteJoy',
    route: null,
    httpStatus: 200,
    grpcStatus: failed ? 2 : 0,
    failed,
    source: null,
    pod,
    count,
  };
}

// Root cause: with two instances and little traffic the balancer keeps to the faster one; that all failures came from
// it was then said of it, though all traffic did.
test('an instance that takes nearly all traffic is not blamed for nearly all failures', () => {
  const traffic = [
    seen('voting-2', true, 20),
    seen('voting-2', false, 80),
    seen('voting-1', false, 5),
  ];
  assert.equal(
    failureEvidence(traffic, 2),
    '100 % of the failures are VoteDoughnut (gRPC Unknown).',
  );
});

test('an instance that fails more than its share of the traffic is named', () => {
  const traffic = [
    seen('voting-2', true, 20),
    seen('voting-2', false, 40),
    seen('voting-1', false, 60),
  ];
  assert.equal(
    overRepresented(traffic, 2),
    'Over-represented: VoteDoughnut (20 of 20 sampled), all from voting-2',
  );
});

test('both instances are named when both fail, none when there are too few failures to tell', () => {
  const both = [seen('voting-1', true, 9), seen('voting-2', true, 11)];
  assert.match(failureEvidence(both, 2) ?? '', /on both instances/);
  assert.doesNotMatch(failureEvidence([seen('voting-1', true, 2)], 2) ?? '', /instance|voting-1/);
  assert.equal(failureEvidence([seen('voting-1', false, 2)], 2), null);
});
