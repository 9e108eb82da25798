import { expect, it } from 'vitest';
import { failureParts, mainPart } from './failure-parts.ts';

const NONE = {
  total: 0,
  application: 0,
  timeout: 0,
  noEndpoint: 0,
  policy: 0,
  tls: 0,
  reset: 0,
  overRepresented: null,
};

it('shares out the failures and finds the main cause', () => {
  const parts = failureParts({ ...NONE, total: 40, application: 30, timeout: 10 });
  expect(mainPart(parts)).toMatchObject({ words: 'the application', share: 0.75 });
  expect(parts).toHaveLength(6);
});

it('has no main cause without failures', () => {
  expect(mainPart(failureParts(NONE))).toBeNull();
});
