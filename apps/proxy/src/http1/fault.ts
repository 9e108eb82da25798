/** Why a message was refused: the status it is answered with, and a short reason for the counter and the log. */
export interface Fault {
  readonly status: number;
  readonly reason: string;
}

const fault = (status: number, reason: string): Fault => ({ status, reason });

/** Every fault the HTTP/1 scanners find (RFC 9112; the table of smuggling classes in the tests). Reasons are a closed set. */
export const FAULTS = {
  requestLine: fault(400, 'malformed request line'),
  statusLine: fault(502, 'malformed status line'),
  target: fault(400, 'malformed request target'),
  targetTooLong: fault(414, 'request target too long'),
  version: fault(505, 'unsupported HTTP version'),
  bareLf: fault(400, 'line feed without carriage return'),
  bareCr: fault(400, 'carriage return without line feed'),
  obsFold: fault(400, 'folded header line'),
  emptyName: fault(400, 'empty header name'),
  name: fault(400, 'invalid character in header name'),
  spaceBeforeColon: fault(400, 'space before the colon of a header'),
  value: fault(400, 'invalid character in header value'),
  headTooLarge: fault(431, 'head too large'),
  tooManyFields: fault(431, 'too many header fields'),
  noHost: fault(400, 'missing Host'),
  repeatedHost: fault(400, 'repeated Host'),
  host: fault(400, 'malformed Host'),
  hostDisagrees: fault(400, 'Host disagrees with the request target'),
  contentLength: fault(400, 'malformed Content-Length'),
  repeatedContentLength: fault(400, 'repeated Content-Length'),
  lengthAndEncoding: fault(400, 'Content-Length with Transfer-Encoding'),
  encodingOnHttp10: fault(400, 'Transfer-Encoding on HTTP/1.0'),
  repeatedEncoding: fault(400, 'repeated Transfer-Encoding'),
  unknownEncoding: fault(501, 'unknown Transfer-Encoding'),
  connectTarget: fault(400, 'malformed CONNECT'),
  chunkSize: fault(400, 'malformed chunk size'),
  chunkExtension: fault(413, 'chunk extensions too long'),
  chunkEnd: fault(400, 'chunk without end'),
  trailer: fault(400, 'malformed trailer'),
  headTimeout: fault(408, 'head not complete in time'),
  bodyTimeout: fault(408, 'body stopped coming'),
  readTimeout: fault(408, 'answer not read'),
} as const;
