/** The one kind of key and signature of the mesh: Linkerd's proxy signs with ECDSA_NISTP256_SHA256 only. */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
