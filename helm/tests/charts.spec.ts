/**
 * The charts as they render. After a change that is meant, write the golden files anew and read their diff:
 * `TULLE_WRITE_GOLDEN=1 npm run test:charts`.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, type Pair, parse, parseDocument } from 'yaml';
import { comparable } from './golden.ts';
import { helm, render } from './helm.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CHARTS = join(HERE, '..');
const isWriting = process.env['TULLE_WRITE_GOLDEN'] === '1';

function filesIn(folder: string): string[] {
  return readdirSync(join(HERE, folder)).sort();
}

for (const chart of ['tulle-crds', 'tulle', 'emojivoto']) {
  test(`helm lint finds nothing in ${chart}`, () => {
    const { status, stdout, stderr } = helm('lint', '--strict', '--quiet', chart);
    assert.equal(status, 0, stdout + stderr);
  });

  test(`every value of ${chart} is documented`, () => {
    const document = parseDocument(readFileSync(join(CHARTS, chart, 'values.yaml'), 'utf8'));
    assert.ok(isMap(document.contents));
    assert.deepEqual(undocumented(document.contents.items as Pair[], ''), []);
  });
}

for (const file of filesIn('cases')) {
  const name = basename(file, '.yaml');
  test(`the chart renders for ${name} as it did`, () => {
    const { status, stdout, stderr } = render('tulle', join(HERE, 'cases', file));
    assert.equal(status, 0, stderr);
    expectGolden(`tulle-${name}`, stdout);
  });
}

for (const chart of ['tulle-crds', 'emojivoto']) {
  test(`${chart} renders as it did`, () => {
    const { status, stdout, stderr } = render(chart, join(CHARTS, chart, 'values.yaml'));
    assert.equal(status, 0, stderr);
    expectGolden(chart, stdout);
  });
}

for (const file of filesIn('refused')) {
  test(`${basename(file, '.yaml')} is refused, and the message says why`, () => {
    const path = join(HERE, 'refused', file);
    const expected = readFileSync(path, 'utf8').split('\n')[0]?.replace(/^# /, '') ?? '';
    const { status, stderr } = render('tulle', path);
    assert.notEqual(status, 0);
    assert.ok(stderr.includes(expected), `"${expected}" in:\n${stderr}`);
  });
}

test('the values for high availability are those tested here', () => {
  const [file, tested] = ['../tulle/values-ha.yaml', 'cases/ha.yaml'].map(
    (path) => parse(readFileSync(join(HERE, path), 'utf8')) as unknown,
  );
  assert.deepEqual(tested, file);
});

test('every container of the control plane is without root, rights and a writable disk', () => {
  const { stdout } = render('tulle', join(HERE, 'cases/ingress.yaml'));
  const containers = stdout
    .split(/^---$/m)
    .map((each) => parse(each) as Manifest | null)
    .flatMap((manifest) => podSpecOf(manifest)?.containers ?? []);
  assert.ok(containers.length >= 7, `${containers.length} containers`);
  for (const { name, securityContext } of containers) {
    assert.equal(securityContext?.runAsNonRoot, true, name);
    assert.equal(securityContext?.readOnlyRootFilesystem, true, name);
    assert.equal(securityContext?.allowPrivilegeEscalation, false, name);
    assert.deepEqual(securityContext?.capabilities, { drop: ['ALL'] }, name);
  }
});

interface PodSpec {
  readonly containers: readonly {
    readonly name: string;
    readonly securityContext?: Readonly<Record<string, unknown>>;
  }[];
}

interface Manifest {
  readonly spec?: {
    readonly template?: { readonly spec?: PodSpec };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
  };
}

function podSpecOf(manifest: Manifest | null): PodSpec | undefined {
  return manifest?.spec?.template?.spec ?? manifest?.spec?.jobTemplate?.spec.template.spec;
}

function expectGolden(name: string, manifests: string): void {
  const path = join(HERE, 'golden', `${name}.yaml`);
  const actual = comparable(manifests);
  if (isWriting) writeFileSync(path, actual);
  assert.ok(existsSync(path), `${path} is missing`);
  assert.equal(actual, readFileSync(path, 'utf8'));
}

/** Paths of values without a `# --` before them; one before a map speaks for what is in it. */
function undocumented(pairs: readonly Pair[], prefix: string, before?: string): string[] {
  return pairs.flatMap((pair, index) => {
    if (!isScalar(pair.key)) return [];
    const path = `${prefix}${String(pair.key.value)}`;
    const comment = pair.key.commentBefore ?? (index === 0 ? before : undefined) ?? '';
    if (/^ ?--/m.test(comment)) return [];
    if (isMap(pair.value) && pair.value.items.length > 0) {
      const first = pair.value.commentBefore ?? undefined;
      return undocumented(pair.value.items, `${path}.`, first);
    }
    return [path];
  });
}
