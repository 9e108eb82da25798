import type { Logger } from '@tulle/telemetry';
import type { Registry } from 'prom-client';
import type { AuthoritySource } from './authority-source.ts';
import type { CertifyOutcome } from './certify-service.ts';
import { createIdentityMetrics } from './identity-metrics.ts';

/** Counts and logs what the identity service answers. */
export function onCertify(
  { log, registry }: { readonly log: Logger; readonly registry: Registry },
  authority: AuthoritySource,
): (outcome: CertifyOutcome) => void {
  const count = createIdentityMetrics(registry, authority);
  return (outcome) => {
    count(outcome);
    const { identity } = outcome;
    if (outcome.kind === 'refused') {
      log.warn({ identity, reason: outcome.reason }, 'a certificate was refused');
      return;
    }
    const validUntil = new Date(outcome.validUntilMs).toISOString();
    log.info({ identity, pod: outcome.pod, validUntil }, 'a certificate was issued');
  };
}
