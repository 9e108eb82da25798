import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { TulleError, type TokenReview } from '@tulle/model';
import { formatIdentityName, type AuthorityNames } from '@tulle/pki';
import {
  CertifyResponseSchema,
  Identity,
  type CertifyRequest,
  type CertifyResponse,
} from '@tulle/proxy-api';
import { toConnectError } from '../grpc/to-connect-error.ts';
import type { Platform } from '../platform/platform.ts';
import type { AuthoritySource } from './authority-source.ts';

/** Audience a proxy's token must be made for. Source: linkerd2 pkg/identity. */
export const IDENTITY_AUDIENCE = 'identity.l5d.io';
/** Projected service-account tokens are about 1 KiB. */
const MAX_TOKEN_BYTES = 16 * 1024;

export type CertifyOutcome =
  | {
      readonly kind: 'issued';
      readonly identity: string;
      readonly pod: string;
      readonly validUntilMs: number;
    }
  | { readonly kind: 'refused'; readonly identity: string; readonly reason: string };

export interface CertifyDeps {
  readonly authority: AuthoritySource;
  /** How long a certificate lasts; a day where absent. */
  readonly lifetimeMs?: number;
  readonly names: AuthorityNames;
  readonly reviewToken: Platform['reviewToken'];
  /** Told of every answer, for the log and the counters. */
  readonly onOutcome: (outcome: CertifyOutcome) => void;
}

type Bearer = Extract<TokenReview, { authenticated: true }>;

/** `io.linkerd.proxy.identity.Identity`: gives a proxy the certificate of its own service account and of nobody else. */
export function identityRoutes(deps: CertifyDeps): (router: ConnectRouter) => void {
  return (router) => {
    router.service(Identity, {
      async certify(request) {
        try {
          return await certify(deps, request);
        } catch (reason) {
          const error = toConnectError(reason);
          deps.onOutcome({
            kind: 'refused',
            identity: request.identity.slice(0, 253),
            reason: reason instanceof Error ? reason.message : error.rawMessage,
          });
          throw error;
        }
      },
    });
  };
}

async function certify(deps: CertifyDeps, request: CertifyRequest): Promise<CertifyResponse> {
  if (request.identity === '') refuse('the request names no identity');
  if (request.certificateSigningRequest.length === 0) refuse('the request has no CSR');
  const bearer = await review(deps, request.token);
  const { serviceAccount, namespace } = bearer;
  const own = formatIdentityName({ ...deps.names, serviceAccount, namespace });
  if (request.identity !== own) {
    // FAILED_PRECONDITION is what Linkerd's identity service answers (pkg/identity/service.go).
    throw new ConnectError(
      `the token is ${own}'s, not ${request.identity}'s`,
      Code.FailedPrecondition,
    );
  }
  const authority = await deps.authority();
  const { lifetimeMs } = deps;
  const options = lifetimeMs === undefined ? {} : { lifetimeMs };
  const leaf = await authority.issue(request.certificateSigningRequest, own, options);
  const pod = `${bearer.pod.namespace}/${bearer.pod.name}`;
  deps.onOutcome({ kind: 'issued', identity: own, pod, validUntilMs: leaf.validUntilMs });
  return create(CertifyResponseSchema, {
    leafCertificate: leaf.certificateDer,
    intermediateCertificates: [...leaf.intermediatesDer],
    validUntil: timestampFromMs(leaf.validUntilMs),
  });
}

async function review(deps: CertifyDeps, tokenBytes: Uint8Array): Promise<Bearer> {
  if (tokenBytes.length === 0 || tokenBytes.length > MAX_TOKEN_BYTES) {
    refuse(`the token must have 1 to ${MAX_TOKEN_BYTES} bytes, it has ${tokenBytes.length}`);
  }
  // A token file may end in a newline.
  const token = Buffer.from(tokenBytes).toString('utf8').trim();
  const result = await deps.reviewToken(token, IDENTITY_AUDIENCE);
  if (!result.authenticated) {
    throw new TulleError('unauthenticated', `the token is refused: ${result.reason}`);
  }
  return result;
}

function refuse(reason: string): never {
  throw new TulleError('invalid_argument', reason);
}
