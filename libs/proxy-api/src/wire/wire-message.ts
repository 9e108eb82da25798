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

/** Number, name in programs, what it holds, how often. */
export type WireField = readonly [
  no: number,
  name: string,
  type: WireScalar | WireType,
  cardinality: WireCardinality,
];

export interface WireType {
  /** With its package. */
  readonly typeName: string;
  /** By number. */
  readonly fields: ReadonlyMap<number, WireField>;
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
  #fields: ReadonlyMap<number, WireField> | null = null;
  #list: (() => readonly WireField[]) | null;

  constructor(typeName: string, list: () => readonly WireField[]) {
    this.typeName = typeName;
    this.#list = list;
  }

  get fields(): ReadonlyMap<number, WireField> {
    if (this.#fields !== null) return this.#fields;
    this.#fields = new Map((this.#list?.() ?? []).map((field) => [field[0], field]));
    this.#list = null;
    return this.#fields;
  }
}

/** @param list asked once, when the message is first met: messages may hold each other. */
export function message<D extends DescMessage>(
  typeName: string,
  list: () => readonly WireField[],
): WireMessage<D> {
  return new LazyMessage(typeName, list);
}

/** The oneof a field belongs to; null for none. */
export function oneofOf(cardinality: WireCardinality): string | null {
  return cardinality.startsWith('oneof ') ? cardinality.slice(6) : null;
}
