/**
 * Each folder of testdata is an input, the pod that comes of it (golden.yaml) and what is said about it (report.txt).
 * UPDATE_GOLDEN=1 writes the latter two anew; read the difference before committing it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import {
  applyPatch,
  injectPod,
  readInjectConfig,
  SKIP_SENTENCE,
  type InjectInput,
  type InjectOutcome,
} from './index.ts';

const TESTDATA = new URL('../testdata/', import.meta.url);
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';

interface Case extends Omit<InjectInput, 'config'> {
  readonly config?: Record<string, Record<string, unknown>>;
}

for (const name of readdirSync(TESTDATA)) {
  test(`injection of ${name}`, () => {
    const folder = new URL(`${name}/`, TESTDATA);
    const given = parse(readFileSync(new URL('input.yaml', folder), 'utf8')) as Case;
    const config = {
      ...given.config,
      proxy: { image: { name: 'tulle-proxy', version: 'v1' }, ...given.config?.['proxy'] },
    };
    const input: InjectInput = {
      ...given,
      config: readInjectConfig(stringify(config)),
      trustAnchorsPem: '-----BEGIN CERTIFICATE-----\nanchor\n-----END CERTIFICATE-----\n',
      createdBy: 'tulle/test',
    };
    const before = structuredClone(input);
    const outcome = injectPod(input);
    assert.deepEqual(input, before, 'what was given is not changed');
    const patch = outcome.kind === 'refused' ? [] : outcome.patch;
    const pod = stringify(applyPatch(input.pod, patch), { lineWidth: 0, singleQuote: true });
    expectFile(new URL('golden.yaml', folder), pod);
    expectFile(new URL('report.txt', folder), describe(outcome));
    assert.deepEqual(injectPod(input), outcome, 'the same input gives the same');
  });
}

function expectFile(path: URL, text: string): void {
  if (isUpdating) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}

function describe(outcome: InjectOutcome): string {
  const lines = [`${outcome.kind}, annotated at ${outcome.annotatedAt ?? 'nothing'}`];
  switch (outcome.kind) {
    case 'injected':
      lines.push(...outcome.notes.map(({ kind, message }) => `${kind}: ${message}`));
      break;
    case 'skipped':
      lines.push(`${outcome.reason}: ${SKIP_SENTENCE[outcome.reason]}`);
      break;
    case 'refused':
      lines.push(...outcome.issues.map(({ path, message }) => `${path}: ${message}`));
      break;
  }
  return `${lines.join('\n')}\n`;
}
