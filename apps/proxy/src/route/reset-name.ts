/** Names of HTTP/2 error codes (RFC 9113 section 7), by number. */
const NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** The `error` label of an answer that was reset: `h2(CANCEL)`, or `unclassified` where there was no code. */
export function resetName(code: number | null): string {
  const name = code === null ? undefined : NAMES[code];
  return name === undefined ? 'unclassified' : `h2(${name})`;
}
