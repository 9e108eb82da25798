import { createSecureContext } from 'node:tls';
import { createDial } from '../connect/dial.ts';
import type { CodecContext, CodecLimits } from '../stack/connection.ts';

export const TEST_LIMITS: CodecLimits = {
  maxHeadBytes: 16_384,
  maxHeaderFields: 100,
  headTimeoutMs: 5000,
  clientIdleTimeoutMs: 5000,
  poolIdleTimeoutMs: 3000,
  maxIdlePerEndpoint: 100,
};

/** A context that dials for real. */
export function codecContext(limits: Partial<CodecLimits> = {}): CodecContext {
  return {
    dial: createDial({
      connectTimeoutMs: 1000,
      keepaliveMs: null,
      clientContext: () => createSecureContext(),
    }),
    now: () => performance.now(),
    limits: { ...TEST_LIMITS, ...limits },
  };
}
