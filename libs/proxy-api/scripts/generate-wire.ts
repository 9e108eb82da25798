/**
 * Writes `src/wire/gen`: tables for the codec in `src/wire`, from the descriptions that `buf generate` wrote to `src/gen`.
 * `node scripts/generate-wire.ts`, as part of `npm run generate`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ScalarType, type DescField, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import { file_destination } from '../src/gen/destination_pb.ts';
import { file_identity } from '../src/gen/identity_pb.ts';
import { file_inbound } from '../src/gen/inbound_pb.ts';
import { file_outbound } from '../src/gen/outbound_pb.ts';
import { file_transport_header } from '../src/gen/transport_header_pb.ts';
import { file_tap } from '../src/gen/tap_pb.ts';
import { file_tulle_tap } from '../src/gen/tulle_tap_pb.ts';

const SERVED = [
  file_destination,
  file_identity,
  file_inbound,
  file_outbound,
  file_tap,
  file_tulle_tap,
  file_transport_header,
];
const WELL_KNOWN = 'google/protobuf/';

/** The text of each module by its file's name. */
export function wireModules(): ReadonlyMap<string, string> {
  return new Map(
    [...withImports(SERVED)].map((file) => [`${moduleOf(file)}.ts`, moduleText(file)]),
  );
}

function withImports(files: readonly DescFile[], all = new Set<DescFile>()): Set<DescFile> {
  for (const file of files) {
    if (all.has(file)) continue;
    withImports(file.dependencies, all);
    all.add(file);
  }
  return all;
}

/** `destination_wire`; all of google.protobuf that is used is `wkt_…`. */
function moduleOf(file: DescFile): string {
  return `${file.name.replace(WELL_KNOWN, 'wkt_')}_wire`;
}

function moduleText(file: DescFile): string {
  const messages = [...file.messages].flatMap(withNested);
  const source = file.name.startsWith(WELL_KNOWN)
    ? '@bufbuild/protobuf/wkt'
    : `../../gen/${file.name}_pb.ts`;
  const imports = file.dependencies.map(
    (each) => `import * as ${moduleOf(each)} from './${moduleOf(each)}.ts';`,
  );
  const methods = file.services.flatMap((service) => service.methods);
  return [
    `// Generated from ${file.name}.proto by scripts/generate-wire.ts; not to be edited.`,
    `import type * as pb from '${source}';`,
    `import { message, type WireMessage${methods.length > 0 ? ', type WireMethod' : ''} } from '../wire-message.ts';`,
    ...imports,
    '',
    ...messages.map((each) => messageText(each, file)),
    ...methods.map(
      (each) =>
        `export const ${each.parent.name}_${each.name}: WireMethod<typeof pb.${schemaOf(each.input)}, typeof pb.${schemaOf(each.output)}> = {\n` +
        `  path: '/${each.parent.typeName}/${each.name}',\n` +
        `  input: ${nameOf(each.input)},\n  output: ${nameOf(each.output)},\n};\n`,
    ),
  ].join('\n');
}

function withNested(desc: DescMessage): DescMessage[] {
  return [desc, ...desc.nestedMessages.filter((each) => !isMapEntry(each)).flatMap(withNested)];
}

function isMapEntry(desc: DescMessage): boolean {
  return desc.proto.options?.mapEntry === true;
}

function messageText(desc: DescMessage, file: DescFile): string {
  const fields = desc.fields.map((field) => `  ${fieldText(field, file)},\n`).join('');
  return (
    `export const ${nameOf(desc)}: WireMessage<typeof pb.${schemaOf(desc)}> = /*@__PURE__*/ message(\n` +
    `  '${desc.typeName}', () => [\n${fields}]);\n`
  );
}

function fieldText(field: DescField, file: DescFile): string {
  return `[${field.number}, '${field.localName}', ${typeText(field, file)}, '${cardinalityOf(field)}']`;
}

function typeText(field: DescField, file: DescFile): string {
  const desc =
    field.fieldKind === 'list' || field.fieldKind === 'map' ? field.message : field.message;
  if (desc !== undefined) {
    return desc.file === file ? nameOf(desc) : `${moduleOf(desc.file)}.${nameOf(desc)}`;
  }
  if (field.fieldKind === 'map' && field.mapKey !== ScalarType.STRING) {
    throw new Error(`${field.toString()}: the codec only knows text as a map's keys`);
  }
  // Open enums are numbers (proto3).
  if (field.enum !== undefined) return `'int32'`;
  return `'${scalarName(field.scalar)}'`;
}

function cardinalityOf(field: DescField): string {
  if (field.fieldKind === 'map') return 'map';
  if (field.fieldKind === 'list') return 'many';
  if (field.oneof !== undefined) return `oneof ${field.oneof.localName}`;
  const isOptional = field.fieldKind !== 'message' && field.proto.proto3Optional;
  return isOptional ? 'maybe' : 'one';
}

const KNOWN_SCALARS = [
  'STRING',
  'BYTES',
  'BOOL',
  'UINT32',
  'INT32',
  'UINT64',
  'INT64',
  'FIXED32',
  'FIXED64',
  'FLOAT',
  'DOUBLE',
] as const;

function scalarName(scalar: ScalarType | undefined): string {
  const known = KNOWN_SCALARS.find((each) => ScalarType[each] === scalar);
  if (known === undefined) throw new Error(`the codec does not know scalar ${scalar}`);
  return known.toLowerCase();
}

function nameOf(desc: DescMessage): string {
  return desc.typeName.slice(desc.file.proto.package.length + 1).replaceAll('.', '_');
}

function schemaOf(desc: DescMessage): string {
  return `${nameOf(desc)}Schema`;
}

async function main(): Promise<void> {
  const dir = resolve(import.meta.dirname, '../src/wire/gen');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  for (const [name, text] of wireModules()) await writeFile(join(dir, name), text);
}

if (import.meta.main) await main();
