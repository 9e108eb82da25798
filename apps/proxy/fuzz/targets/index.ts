import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { chunkedBody } from './chunked-body.ts';
import { clientHello, protocolDetection } from './detection.ts';
import { hpack, http2Frames, huffman } from './http2.ts';
import { http2Connection } from './http2-connection.ts';
import {
  filterLanguage,
  metricsPage,
  pathRegex,
  proxyVariables,
  serviceProfile,
} from './languages.ts';
import { requestHead } from './request-head.ts';
import { responseHead } from './response-head.ts';
import { requestSmuggling } from './smuggling.ts';
import { transportHeader } from './transport-header.ts';

/** Every parser that reads what others send. */
export const TARGETS: readonly FuzzTarget[] = [
  requestHead,
  responseHead,
  chunkedBody,
  requestSmuggling,
  protocolDetection,
  clientHello,
  transportHeader,
  http2Frames,
  http2Connection,
  hpack,
  huffman,
  filterLanguage,
  pathRegex,
  serviceProfile,
  proxyVariables,
  metricsPage,
];
