/** Says no to a ServiceProfile that no proxy could follow, with every reason, before it is kept. */
import { validateServiceProfile } from '@tulle/model';
import type { AdmissionRequest, Verdict } from '../webhook/admission-review.ts';

interface ServiceProfile {
  readonly metadata?: { readonly name?: string };
  readonly spec?: unknown;
}

/** Objects of any other kind, and removals, are allowed. */
export function reviewProfile({ kind, operation, object }: AdmissionRequest): Promise<Verdict> {
  const isProfile = kind.group === 'linkerd.io' && kind.kind === 'ServiceProfile';
  if (!isProfile || (operation !== 'CREATE' && operation !== 'UPDATE')) {
    return Promise.resolve({ kind: 'allowed' });
  }
  const { spec } = object as ServiceProfile;
  const issues = validateServiceProfile(spec);
  if (issues.length === 0) return Promise.resolve({ kind: 'allowed' });
  const reasons = issues.map(
    ({ path, message }) => `spec${path === '' ? '' : `.${path}`}: ${message}`,
  );
  return Promise.resolve({ kind: 'denied', message: reasons.join('; ') });
}
