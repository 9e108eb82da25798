import { TulleError } from '@tulle/model';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '../runtime/x509.ts';
import { KEY_ALGORITHM } from './algorithms.ts';

/** Larger ones are refused unread; a P-256 request is about 300 bytes. */
export const MAX_REQUEST_BYTES = 16 * 1024;

/**
 * Reads a DER certificate request and checks that it asks for `identity` and nothing else (Linkerd: pkg/identity
 * service.go): signature valid, key ECDSA P-256, exactly one DNS name which is the identity, common name empty or the
 * identity, no e-mail, IP or URI names.
 * @throws TulleError `invalid_argument` saying which rule it breaks.
 */
export async function checkRequest(
  requestDer: Uint8Array,
  identity: string,
): Promise<Pkcs10CertificateRequest> {
  const request = decode(requestDer);
  checkKey(request);
  if (!(await verify(request))) refuse('its signature does not fit its key');
  checkCommonName(request, identity);
  checkAlternativeNames(request, identity);
  return request;
}

function refuse(reason: string): never {
  throw new TulleError('invalid_argument', `The certificate request is refused: ${reason}`);
}

function decode(der: Uint8Array): Pkcs10CertificateRequest {
  if (der.byteLength > MAX_REQUEST_BYTES) {
    refuse(`it has ${der.byteLength} bytes, the limit is ${MAX_REQUEST_BYTES}`);
  }
  try {
    return new Pkcs10CertificateRequest(Uint8Array.from(der));
  } catch {
    return refuse('it is not a DER-encoded PKCS#10 request');
  }
}

async function verify(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}

function checkKey(request: Pkcs10CertificateRequest): void {
  const algorithm: { name: string; namedCurve?: string } = request.publicKey.algorithm;
  const fits =
    algorithm.name === KEY_ALGORITHM.name && algorithm.namedCurve === KEY_ALGORITHM.namedCurve;
  if (!fits) refuse('its key must be ECDSA P-256');
}

function checkCommonName(request: Pkcs10CertificateRequest, identity: string): void {
  const names = request.subjectName.getField('CN');
  if (names.length > 1) refuse('it has more than one common name');
  const [name = ''] = names;
  if (name !== '' && name !== identity) {
    refuse(`its common name is "${name}", expected "${identity}" or none`);
  }
}

function checkAlternativeNames(request: Pkcs10CertificateRequest, identity: string): void {
  const extensions = request.extensions.filter(
    (extension) => extension instanceof SubjectAlternativeNameExtension,
  );
  const names = extensions.flatMap((extension) => extension.names.items);
  const other = names.find((name) => name.type !== 'dns');
  if (other !== undefined) refuse(`it asks for a name of type ${other.type}; only DNS is allowed`);
  if (names.length !== 1) refuse(`it asks for ${names.length} DNS names, expected exactly one`);
  if (names[0]?.value !== identity) {
    refuse(`it asks for "${names[0]?.value}", expected "${identity}"`);
  }
}
