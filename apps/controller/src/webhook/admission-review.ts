/** `admission.k8s.io/v1` AdmissionReview, the parts that are read. */
import { TulleError } from '@tulle/model';

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly namespace?: string;
  readonly name?: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly object: unknown;
  /** Nothing may happen outside the answer. */
  readonly dryRun?: boolean;
}

/** What a webhook says about a request. Warnings are shown by `kubectl`. */
export type Verdict =
  | {
      readonly kind: 'allowed';
      /** JSON patch; absent for none. */
      readonly patch?: readonly unknown[];
      readonly warnings?: readonly string[];
    }
  | { readonly kind: 'denied'; readonly message: string };

/** @throws TulleError `invalid_argument` when the body is no review of version v1. */
export function parseReview(body: string): AdmissionRequest {
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch (cause) {
    throw new TulleError('invalid_argument', 'The request is not JSON.', { cause });
  }
  const { apiVersion, kind, request } = (review ?? {}) as {
    readonly apiVersion?: unknown;
    readonly kind?: unknown;
    readonly request?: AdmissionRequest;
  };
  const isReview = apiVersion === 'admission.k8s.io/v1' && kind === 'AdmissionReview';
  if (!isReview || typeof request?.uid !== 'string' || typeof request.kind?.kind !== 'string') {
    throw new TulleError(
      'invalid_argument',
      'The request is no AdmissionReview admission.k8s.io/v1.',
    );
  }
  return request;
}

/** Longer warnings are cut by the API server, and more than this are dropped. */
const MAX_WARNING_CHARS = 250;
const MAX_WARNINGS = 10;
/** `Invalid` for what a person wrote. */
const DENIED_CODE = 422;

export function answerReview(uid: string, verdict: Verdict): string {
  const response =
    verdict.kind === 'denied'
      ? {
          uid,
          allowed: false,
          status: { code: DENIED_CODE, reason: 'Invalid', message: verdict.message },
        }
      : {
          uid,
          allowed: true,
          ...patchOf(verdict.patch ?? []),
          ...warningsOf(verdict.warnings ?? []),
        };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}

function patchOf(patch: readonly unknown[]): object {
  if (patch.length === 0) return {};
  const text = Buffer.from(JSON.stringify(patch)).toString('base64');
  return { patchType: 'JSONPatch', patch: text };
}

function warningsOf(warnings: readonly string[]): object {
  if (warnings.length === 0) return {};
  const cut = warnings
    .slice(0, MAX_WARNINGS)
    .map((text) =>
      text.length > MAX_WARNING_CHARS ? `${text.slice(0, MAX_WARNING_CHARS)}…` : text,
    );
  return { warnings: cut };
}
