// Bundles the Node programs of one app: `node ../../scripts/bundle.mjs [--small] [--external:PACKAGE …] ENTRY OUT [ENTRY OUT …]`,
// run in the app's folder. An external package is not bundled, and looked for only where it is used. --small leaves out white space, which a running program keeps in memory; names stay, for stacks to be read.
// CommonJS, because an ESM bundle would need a createRequire banner for the packages that still call require.
import { build } from 'esbuild';

const EXTERNAL = '--external:';
const external = process.argv.filter((word) => word.startsWith(EXTERNAL));
const words = process.argv.slice(2).filter((word) => !word.startsWith(EXTERNAL));
const isSmall = words[0] === '--small';
const pairs = isSmall ? words.slice(1) : words;
if (pairs.length === 0 || pairs.length % 2 !== 0) {
  console.error('usage: bundle.mjs [--small] [--external:PACKAGE …] ENTRY OUT [ENTRY OUT …]');
  process.exit(64);
}
for (let i = 0; i < pairs.length; i += 2) {
  await build({
    entryPoints: [pairs[i]],
    outfile: pairs[i + 1],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    external: ['koffi', ...external.map((word) => word.slice(EXTERNAL.length))],
    sourcemap: true,
    minifyWhitespace: isSmall,
    minifySyntax: isSmall,
    // Short enough for a stack's line number to say something.
    ...(isSmall && { lineLimit: 200, legalComments: 'none' }),
    logLevel: 'warning',
    // import.meta.url is empty in CommonJS; programs that need their own folder use it through this.
    define: { 'import.meta.url': '__tulleModuleUrl' },
    banner: { js: "const __tulleModuleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
}
