export {
  createAuthority,
  type Authority,
  type Credentials,
  type IssueOptions,
  type Leaf,
} from './authority/authority.ts';
export {
  createAuthorityMaterial,
  type AuthorityMaterial,
  type AuthorityNames,
} from './authority/create-authority.ts';
export {
  AUTHORITY_FILES,
  loadAuthority,
  loadOrCreateAuthority,
  type LoadedAuthority,
} from './authority/load-authority.ts';
export { loadIssuer, type IssuerFiles } from './authority/load-issuer.ts';
export { CLOCK_SKEW_MS, DEFAULT_LIFETIME_MS } from './authority/lifetimes.ts';
export { fromPem, toPem, type PemLabel } from './encoding/pem.ts';
export { formatIdentityName, parseIdentityName, type IdentityName } from './names/identity-name.ts';
export { createKeyAndRequest, type KeyAndRequest } from './request/key-and-request.ts';
