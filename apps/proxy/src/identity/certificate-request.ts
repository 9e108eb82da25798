/**
 * A PKCS#10 request (RFC 2986) for one DNS name, as Linkerd's proxy-identity makes it. Written out here because a library
 * for it would be a fifth of the proxy's memory, and this is all of it that a proxy needs.
 */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface KeyAndRequest {
  /** PKCS#8, DER. */
  readonly keyDer: Buffer;
  /** PKCS#10, DER. */
  readonly requestDer: Buffer;
}

/** X.520's ub-common-name. A longer name is in the alternative name alone. */
const MAX_COMMON_NAME = 64;

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
/** Attributes of a request, and a DNS name among alternative names. */
const CONTEXT_0 = 0xa0;
const CONTEXT_2 = 0x82;

/** Object identifiers, encoded: 2.5.4.3, 2.5.29.17, 1.2.840.113549.1.9.14, 1.2.840.10045.4.3.2. */
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
const EXTENSION_REQUEST = oid('2a864886f70d01090e');
const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');

/** Makes an ECDSA P-256 key and the request to certify it for `name`. */
export function createKeyAndRequest(name: string): KeyAndRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const information = der(
    SEQUENCE,
    der(INTEGER, Buffer.of(0)),
    subject(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(CONTEXT_0, alternativeName(name)),
  );
  const signature = sign('sha256', information, { key: privateKey, dsaEncoding: 'der' });
  const requestDer = der(
    SEQUENCE,
    information,
    der(SEQUENCE, ECDSA_WITH_SHA256),
    // The first byte: how many bits of the last one are not used.
    der(BIT_STRING, Buffer.of(0), signature),
  );
  return { keyDer: privateKey.export({ format: 'der', type: 'pkcs8' }), requestDer };
}

function subject(name: string): Buffer {
  if (name.length > MAX_COMMON_NAME) return der(SEQUENCE);
  const attribute = der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(name)));
  return der(SEQUENCE, der(SET, attribute));
}

function alternativeName(name: string): Buffer {
  const names = der(SEQUENCE, der(CONTEXT_2, Buffer.from(name, 'latin1')));
  const extension = der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, names));
  return der(SEQUENCE, EXTENSION_REQUEST, der(SET, der(SEQUENCE, extension)));
}

function oid(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'));
}

/** Tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const long = body.length < 0x100 ? [0x81] : [0x82, body.length >> 8];
  return Buffer.concat([Buffer.of(tag, ...long, body.length & 0xff), body]);
}
