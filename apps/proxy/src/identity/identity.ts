import type { SecureContext } from 'node:tls';

/** The certificate in use. */
export interface Certificate {
  /** For both sides of mutual TLS: our chain and key, and the trust anchors as the only authorities. TLS 1.3. */
  readonly secureContext: SecureContext;
  readonly keyPem: string;
  readonly chainPem: string;
  readonly anchorsPem: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Who this proxy is. */
export interface Identity {
  readonly localName: string;
  /** True from the first certificate on; never false again. */
  readonly isReady: boolean;
  /** Resolves with {@link isReady}; never rejects: certification is tried again until it succeeds. */
  readonly ready: Promise<void>;
  /** The newest certificate. @throws TulleError `unavailable` before `ready`. */
  readonly certificate: Certificate;
  /** Called after each new certificate. Gives the function that stops it. */
  onRenewed(listener: (certificate: Certificate) => void): () => void;
  /** Stops renewing. */
  close(): void;
}
