// Proves that module boundaries are checked at all: a lint rule that cannot resolve an import passes in silence, so a
// deliberate violation of each kind is written, must be refused, and is removed again.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VIOLATIONS = [
  {
    what: 'an app that imports another app',
    file: 'apps/controller/src/deliberate-violation.ts',
    code: "import '../../proxy/src/main.ts';\n",
  },
  {
    what: 'a lib that imports a lib other than model',
    file: 'libs/telemetry/src/deliberate-violation.ts',
    code: "import { LIVE_PATH } from '@tulle/live';\nexport const path = LIVE_PATH;\n",
  },
  {
    what: 'a lib that imports an app',
    file: 'libs/model/src/deliberate-violation.ts',
    code: "import '../../../apps/proxy/src/main.ts';\n",
  },
];

/**
 * @param {string} root folder of the repository
 * @returns {string[]} what was wrongly let through, empty when all is well
 */
export function findUncheckedBoundaries(root) {
  return VIOLATIONS.filter((violation) => !isRefused(root, violation)).map(({ what }) => what);
}

function isRefused(root, { file, code }) {
  const path = join(root, file);
  writeFileSync(path, code);
  try {
    const lint = spawnSync('node', ['node_modules/oxlint/bin/oxlint', file], {
      cwd: root,
      encoding: 'utf8',
    });
    return lint.status !== 0 && lint.stdout.includes('boundaries(dependencies)');
  } finally {
    rmSync(path, { force: true });
  }
}
