import { TulleError } from '@tulle/model';
import { describe, expect, it, vi } from 'vitest';
import { apiFetch } from './api-fetch.ts';

function answering(status: number, body: unknown): typeof fetch {
  return () =>
    Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status }));
}

async function refusalOf(fetch: typeof globalThis.fetch): Promise<TulleError> {
  const reason: unknown = await apiFetch('/overview', { fetch }).catch((error: unknown) => error);
  if (!(reason instanceof TulleError)) throw new Error('expected a TulleError');
  return reason;
}

describe('apiFetch', () => {
  it('gives the answer', async () => {
    expect(await apiFetch('/version', { fetch: answering(200, { version: '1' }) })).toEqual({
      version: '1',
    });
  });

  it('sends a change as JSON under the API prefix', async () => {
    const fetch = vi.fn(answering(204, null));
    await apiFetch('/profiles/ns/web', { method: 'PUT', body: { a: 1 }, fetch });
    expect(fetch).toHaveBeenCalledWith('/api/v1/profiles/ns/web', {
      method: 'PUT',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
  });

  it("throws the controller's error with its issues", async () => {
    const issues = [{ path: 'routes[0].timeout', message: 'is not a duration' }];
    const body = {
      error: { code: 'invalid_argument', message: 'The profile is not valid', issues },
    };
    const refusal = await refusalOf(answering(400, body));
    expect(refusal.code).toBe('invalid_argument');
    expect(refusal.issues).toEqual(issues);
  });

  it('makes an error of an answer that is not ours', async () => {
    const refusal = await refusalOf(() => Promise.resolve(new Response('<html>', { status: 503 })));
    expect(refusal.code).toBe('unavailable');
    expect(refusal.message).toContain('503');
  });

  it('says that traffic goes on when the controller does not answer', async () => {
    const refusal = await refusalOf(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(refusal.code).toBe('unavailable');
    expect(refusal.message).toContain('Traffic goes on');
  });
});
