import { Counter, Gauge, type Registry } from 'prom-client';
import type { AuthoritySource } from './authority-source.ts';
import type { CertifyOutcome } from './certify-service.ts';

/** Counts what the identity service answers. */
export function createIdentityMetrics(
  registry: Registry,
  authority: AuthoritySource,
): (outcome: CertifyOutcome) => void {
  const answers = new Counter({
    name: 'identity_cert_requests_total',
    help: 'Certificate requests of proxies by result.',
    labelNames: ['result'],
    registers: [registry],
  });
  const issuer = new Gauge({
    name: 'identity_issuer_expiration_timestamp_seconds',
    help: 'When the issuer certificate ends, in seconds since the epoch.',
    registers: [],
    async collect() {
      this.set((await authority()).issuerExpiresAtMs / 1000);
    },
  });
  registry.registerMetric(issuer);
  return ({ kind }) => answers.inc({ result: kind });
}
