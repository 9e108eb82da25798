/** What an HTTPS role shows its clients: PEM, the certificate with what stands between it and the authority. */
export interface ServingPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate that changes while the process runs. */
export interface CertificateSource {
  /** Null before the first one is there. */
  current(): ServingPair | null;
  /** Why there is none yet, in a sentence; null once there is one. */
  waitingFor(): string | null;
  /** Called with each new pair. */
  onChange(listener: (pair: ServingPair) => void): void;
  close(): void;
}
