/** What a message looks like on the wire, as small tables that are made when a message of that kind is first met. */
import type { DescMessage } from '@bufbuild/protobuf';

export type WireScalar =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'fixed32'
  | 'fixed64'
  | 'float'
  | 'double';

/** `one` has no presence (proto3), `maybe` is optional, `map` has text as its keys; any other word names a oneof. */
export type WireCardinality = 'one' | 'maybe' | 'many' | 'map' | `oneof ${string}`;

const ONEOF = 'oneof ';

/** Number, name in programs, what it holds, how often. */
export type WireField = readonly [
  no: number,
  name: string,
  type: WireScalar | WireType,
  cardinality: WireCardinality,
];

/** A field as the codec goes over it. */
export interface FieldTable {
  readonly no: number;
  readonly name: string;
  readonly type: WireScalar | WireType;
  readonly cardinality: 'one' | 'maybe' | 'many' | 'map' | 'oneof';
  /** '' for none. */
  readonly oneof: string;
}

export interface WireType {
  /** With its package. */
  readonly typeName: string;
  readonly fields: readonly FieldTable[];
  /** Undefined for a number that no field has. */
  fieldOf(no: number): FieldTable | undefined;
}

/** A message whose shape in programs is that of protobuf-es's description `D`. */
export interface WireMessage<D extends DescMessage> extends WireType {
  /** For the compiler alone. */
  readonly description?: D;
}

/** A method of a service. */
export interface WireMethod<I extends DescMessage, O extends DescMessage> {
  /** Of the request, `/package.Service/Method`. */
  readonly path: string;
  readonly input: WireMessage<I>;
  readonly output: WireMessage<O>;
}

class LazyMessage implements WireType {
  readonly typeName: string;
  #fields: readonly FieldTable[] | null = null;
  readonly #list: () => readonly WireField[];

  constructor(typeName: string, list: () => readonly WireField[]) {
    this.typeName = typeName;
    this.#list = list;
  }

  get fields(): readonly FieldTable[] {
    this.#fields ??= this.#list().map(tableOf);
    return this.#fields;
  }

  fieldOf(no: number): FieldTable | undefined {
    // As many as a message has fields: no faster as a map.
    for (const field of this.fields) if (field.no === no) return field;
    return undefined;
  }
}

function tableOf([no, name, type, written]: WireField): FieldTable {
  const oneof = written.startsWith(ONEOF) ? written.slice(ONEOF.length) : '';
  const cardinality = oneof === '' ? (written as FieldTable['cardinality']) : 'oneof';
  return { no, name, type, cardinality, oneof };
}

/** @param list asked once, when the message is first met: messages may hold each other. */
export function message<D extends DescMessage>(
  typeName: string,
  list: () => readonly WireField[],
): WireMessage<D> {
  return new LazyMessage(typeName, list);
}
