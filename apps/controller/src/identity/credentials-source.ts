import type { Credentials } from '@tulle/pki';

/** Gives a certificate that is valid now: kept, and renewed in time by whoever gives it. */
export type CredentialsSource = () => Promise<Credentials>;
