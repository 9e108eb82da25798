/** Heads as the services of a request see them, and as they are forwarded. */
import type { Endpoint } from '../stack/endpoint.ts';
import type { HeaderEdit, KeptFields, RequestHead, ResponseHead } from '../stack/http-service.ts';
import type { RequestParts } from './field-rules.ts';
import { ownField, type HeaderField } from './hpack/header-field.ts';

type Pair = readonly [string, string];

function find(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name.text === name) return field.value;
  return undefined;
}

/** Names and values of fields, in order. */
export function fieldPairs(fields: readonly HeaderField[]): Pair[] {
  return fields.map((field) => [field.name.text, field.value]);
}

/** An answer's fields as forwarded: of `from`, what proxies say of their own answers is believed of proxies alone. */
export function answerFields(
  fields: readonly HeaderField[],
  from: Endpoint,
): readonly HeaderField[] {
  if (from.tls.kind === 'mutual') return fields;
  for (const { name } of fields) {
    if (name.isOfProxies) return fields.filter((field) => !field.name.isOfProxies);
  }
  return fields;
}

export class Http2RequestHead implements RequestHead {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly isGrpc: boolean;
  readonly #fields: readonly HeaderField[];

  constructor(parts: RequestParts, fields: readonly HeaderField[]) {
    this.method = parts.method;
    this.scheme = parts.scheme;
    this.authority = parts.authority;
    this.path = parts.path;
    this.isGrpc = parts.contentType.startsWith('application/grpc');
    this.#fields = fields;
  }

  get version(): NonNullable<RequestHead['version']> {
    return 'HTTP/2.0';
  }

  header(name: string): string | undefined {
    return find(this.#fields, name);
  }

  fields(): Pair[] {
    return fieldPairs(this.#fields);
  }

  keepFields(): KeptFields {
    // Fields of HTTP/2 are never changed.
    return () => this.fields();
  }
}

/** HTTP/1 on its way as HTTP/2, as services shall see it. */
export class CarriedRequestHead extends Http2RequestHead {
  readonly #version: 'HTTP/1.0' | 'HTTP/1.1';

  constructor(
    parts: RequestParts,
    fields: readonly HeaderField[],
    version: 'HTTP/1.0' | 'HTTP/1.1',
  ) {
    // gRPC is HTTP/2: whatever an HTTP/1 request calls its body, its status is the HTTP one.
    super({ ...parts, contentType: '' }, fields);
    this.#version = version;
  }

  override get version(): NonNullable<RequestHead['version']> {
    return this.#version;
  }
}

export class Http2ResponseHead implements ResponseHead {
  readonly status: number;
  readonly #fields: readonly HeaderField[];

  constructor(status: number, fields: readonly HeaderField[]) {
    this.status = status;
    this.#fields = fields;
  }

  header(name: string): string | undefined {
    return find(this.#fields, name);
  }

  fields(): Pair[] {
    return fieldPairs(this.#fields);
  }

  keepFields(): KeptFields {
    // Fields of HTTP/2 are never changed.
    return () => this.fields();
  }
}

/** An edit as the fields it sets: a target's requests share one, so it is worked out once. */
interface PreparedEdit {
  readonly strip: ReadonlySet<string>;
  readonly front: readonly HeaderField[];
  readonly back: readonly HeaderField[];
}

const prepared = new WeakMap<HeaderEdit, PreparedEdit>();

function prepare(edit: HeaderEdit): PreparedEdit {
  const own = edit.set.map(([name, value]) => ownField(name, value));
  const isPseudo = (field: HeaderField): boolean => field.name.text.startsWith(':');
  const made: PreparedEdit = {
    strip: new Set(edit.strip),
    front: own.filter(isPseudo),
    back: own.filter((field) => !isPseudo(field)),
  };
  prepared.set(edit, made);
  return made;
}

/**
 * A request's fields as forwarded. Pseudo-headers that an edit sets take their place in front.
 * @param last behind all others, null for none.
 */
export function editFields(
  fields: readonly HeaderField[],
  edit: HeaderEdit,
  last: HeaderField | null,
): readonly HeaderField[] {
  if (edit.strip.length === 0 && edit.set.length === 0) {
    return last === null ? fields : [...fields, last];
  }
  const { strip, front, back } = prepared.get(edit) ?? prepare(edit);
  const edited: HeaderField[] = [];
  for (const field of front) edited.push(field);
  for (const field of fields) if (!strip.has(field.name.text)) edited.push(field);
  for (const field of back) edited.push(field);
  if (last !== null) edited.push(last);
  return edited;
}
