/** What the shipped proxy is made of: each library in it is memory in every workload's pod. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const MAIN = resolve(import.meta.dirname, '../src/main.ts');

test('gRPC and protobuf libraries, and node:http2, stay out of the program', async () => {
  const { metafile } = await build({
    entryPoints: [MAIN],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    external: ['koffi'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  assert.ok(output !== undefined);
  const files = Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file);
  assert.ok(files.length > 100, String(files.length));
  const heavy = /@bufbuild|@connectrpc|@grpc|proxy-api\/src\/gen/;
  // Enums are all that is used of the generated descriptions.
  const enums = /gen\/(http_types|tap|tulle_tap|outbound|inbound)_pb\.ts$/;
  assert.deepEqual(
    files.filter((file) => heavy.test(file) && !enums.test(file)),
    [],
  );
  const externals = output.imports.map(({ path }) => path);
  assert.ok(!externals.includes('node:http2') && !externals.includes('http2'), String(externals));
});
