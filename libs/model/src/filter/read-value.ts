import { GRPC_STATUS_NAMES } from '../tap/tap-exchange.ts';
import type { ValueShape } from './filter-keys.ts';
import type { LexedValue } from './lex-filter.ts';
import type { CompareOp, FilterValue } from './tap-filter.ts';

/** A value understood, or the sentence that says why not. */
export type ReadValue =
  | { readonly ok: true; readonly value: FilterValue }
  | { readonly ok: false; readonly message: string };

const COMPARISON = /^(>=|<=|>|<|=)?(\d+(?:\.\d+)?)([a-zµ]*)$/;
const STATUS_CLASS = /^([1-5])xx$/i;
const YES = new Set(['yes', 'true', '1']);
const NO = new Set(['no', 'false', '0']);

/** Milliseconds in each unit of time. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
};
/** Bytes in each unit of size; binary, as people mean them of message sizes. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

/** Reads one value of a key of the given shape. */
export function readValue(lexed: LexedValue, shape: ValueShape): ReadValue {
  const { text } = lexed;
  if (text === '' && !lexed.quoted) return refuse('A value is missing');
  if (text === '*' && !lexed.quoted) return accept({ kind: 'present', text });
  switch (shape) {
    case 'text':
      return accept({ kind: 'pattern', text });
    case 'status':
      return readStatus(text);
    case 'grpc':
      return readGrpc(text);
    case 'duration':
      return readMeasure(text, TIME_UNITS, '>200ms', 'a unit: us, ms or s');
    case 'size':
      return readMeasure(text, SIZE_UNITS, '<1kb', 'one of the units b, kb, mb');
    case 'flag':
      return readFlag(text);
    case 'reset':
      return readReset(text);
  }
}

function readStatus(text: string): ReadValue {
  const digit = STATUS_CLASS.exec(text)?.[1];
  if (digit !== undefined) {
    const min = Number(digit) * 100;
    return accept({ kind: 'range', text, min, max: min + 99 });
  }
  if (grpcCode(text) !== null && !/\d/.test(text)) {
    return refuse(`${text} is a gRPC status; write grpc:${text}`);
  }
  const parts = COMPARISON.exec(text);
  const number = Number(parts?.[2]);
  if (parts === null || parts[3] !== '' || !Number.isInteger(number)) {
    return refuse(`"${text}" is not a status; write 500, 5xx or >=500`);
  }
  if (number < 100 || number > 599) return refuse(`${number} is outside 100 to 599`);
  return accept({ kind: 'compare', text, op: opOf(parts[1]), number });
}

function readGrpc(text: string): ReadValue {
  const code = grpcCode(text);
  if (code === null) return refuse(`"${text}" is not a gRPC status; write Unknown, OK or 0 to 16`);
  return accept({ kind: 'compare', text, op: '=', number: code });
}

/** gRPC code of a name (any case, with or without underscores) or a number from 0 to 16; null for another word. */
function grpcCode(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) < GRPC_STATUS_NAMES.length ? Number(text) : null;
  const wanted = text.toLowerCase().replaceAll('_', '').replace('cancelled', 'canceled');
  const code = GRPC_STATUS_NAMES.findIndex((name) => name.toLowerCase() === wanted);
  return code === -1 ? null : code;
}

function readMeasure(
  text: string,
  units: Readonly<Record<string, number>>,
  example: string,
  unitHint: string,
): ReadValue {
  const parts = COMPARISON.exec(text.toLowerCase());
  if (parts === null) return refuse(`"${text}" is not a comparison; write ${example}`);
  if (parts[1] === undefined) return refuse(`Say above or below: ${example}`);
  const scale = units[parts[3] ?? ''];
  if (scale === undefined) return refuse(`"${text}" needs ${unitHint}, for example ${example}`);
  return accept({ kind: 'compare', text, op: opOf(parts[1]), number: Number(parts[2]) * scale });
}

function readFlag(text: string): ReadValue {
  const word = text.toLowerCase();
  if (YES.has(word)) return accept({ kind: 'flag', text, value: true });
  if (NO.has(word)) return accept({ kind: 'flag', text, value: false });
  return refuse(`"${text}" is neither yes nor no`);
}

/** `yes`, `no`, or an HTTP/2 error code. `0` and `1` are codes here, not flags. */
function readReset(text: string): ReadValue {
  if (!/^\d+$/.test(text)) return readFlag(text);
  return accept({ kind: 'compare', text, op: '=', number: Number(text) });
}

function opOf(sign: string | undefined): CompareOp {
  switch (sign) {
    case '>':
    case '>=':
    case '<':
    case '<=':
      return sign;
    default:
      return '=';
  }
}

function accept(value: FilterValue): ReadValue {
  return { ok: true, value };
}
function refuse(message: string): ReadValue {
  return { ok: false, message };
}
