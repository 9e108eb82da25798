const DAY_MS = 24 * 60 * 60 * 1000;

/** A leaf's, as Linkerd's issuanceLifetime. */
export const DEFAULT_LIFETIME_MS = DAY_MS;
/** Clocks may differ this much (Linkerd's clockSkewAllowance): certificates begin earlier and end later by it. */
export const CLOCK_SKEW_MS = 20_000;
export const ANCHOR_LIFETIME_MS = 10 * 365 * DAY_MS;
export const ISSUER_LIFETIME_MS = 365 * DAY_MS;
/** An authority whose issuer ends sooner than this is made anew when its owner starts. */
export const RENEW_BEFORE_MS = 30 * DAY_MS;
