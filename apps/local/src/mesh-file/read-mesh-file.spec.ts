import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { parseMeshFile, readMeshFile } from './read-mesh-file.ts';
import { meshJsonSchema } from './schema.ts';

const ROOT = new URL('../../../../', import.meta.url);
const parse = (text: string) => parseMeshFile(text, { shown: 'mesh.yaml', folder: '/srv' });

function faultsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    return error.issues.map(({ message }) => message);
  }
  throw new Error('the file was accepted');
}

test('the demo is a valid file with one workload outside the mesh', () => {
  const spec = readMeshFile(new URL('mesh.yaml', ROOT).pathname);
  assert.deepEqual(
    spec.workloads.map(({ ref, replicas, inject }) => [ref.name, replicas, inject]),
    [
      ['web', 1, 'enabled'],
      ['emoji', 1, 'enabled'],
      ['voting', 2, 'enabled'],
      ['vote-bot', 1, 'disabled'],
    ],
  );
  assert.equal(spec.services[0]?.ports[0]?.hostPort, 8080);
});

test('mesh.schema.json is what the schema generates', () => {
  const committed: unknown = JSON.parse(readFileSync(new URL('mesh.schema.json', ROOT), 'utf8'));
  assert.deepEqual(committed, JSON.parse(JSON.stringify(meshJsonSchema())));
});

test('fills in defaults and resolves names', () => {
  const spec = parse(`
namespaces:
  shop:
    inject: disabled
    workloads:
      cart:
        command: [./cart]
        cwd: bin
        ports: { http: 8080, db: { port: 5432, opaque: true } }
        env: { PORT: '{{port.http}}', SELF: '{{service.cart:80}}', FAR: '{{ service.cart.shop:80 }}', N: 3 }
    services:
      cart:
        ports: { web: { port: 80, targetPort: http } }
`);
  const [cart] = spec.workloads;
  assert.equal(cart?.inject, 'disabled');
  assert.equal(cart.serviceAccount, 'default');
  assert.equal(cart.cwd, '/srv/bin');
  assert.deepEqual(cart.readiness, { kind: 'tcp', port: 'http' });
  assert.equal(cart.env['N'], '3');
  assert.deepEqual(cart.upstreams, [
    { service: { kind: 'service', namespace: 'shop', name: 'cart' }, port: 80 },
  ]);
  assert.deepEqual(spec.services[0]?.ports[0]?.targetPort, cart.ports[0]);
});

test('tells every structural fault with its place, what was expected and what was found', () => {
  const text = `namespaces:
  shop:
    workloads:
      cart:
        replicas: two
        comand: [./cart]
        ports: { http: 99999 }
        inject: yes
      pay:
        command: []
        ports: { http: { port: x } }
`;
  assert.deepEqual(faultsOf(text), [
    'mesh.yaml:4:7: namespaces.shop.workloads.cart.command: expected a list: the program and its arguments, found nothing',
    'mesh.yaml:5:19: namespaces.shop.workloads.cart.replicas: expected a number of instances, a whole number from 1 to 20, found "two"',
    'mesh.yaml:6:9: namespaces.shop.workloads.cart.comand: expected a key that is known here, found "comand"',
    'mesh.yaml:7:24: namespaces.shop.workloads.cart.ports.http: expected a port, a whole number from 1 to 65535, found 99999',
    'mesh.yaml:8:17: namespaces.shop.workloads.cart.inject: expected enabled or disabled, found "yes"',
    'mesh.yaml:10:18: namespaces.shop.workloads.pay.command: expected at least the program, found an empty list',
    'mesh.yaml:11:32: namespaces.shop.workloads.pay.ports.http.port: expected a port, a whole number from 1 to 65535, found "x"',
  ]);
});

test('tells every name that leads nowhere', () => {
  const text = `namespaces:
  shop:
    workloads:
      cart:
        command: [./cart]
        ports: { http: 8080, also: 8080 }
        readiness: { http: { port: web } }
        env:
          A: '{{port.web}}'
          B: '{{service.pay:80}}'
          C: '{{what}}'
    services:
      cart:
        ports: { http: { port: 80, targetPort: web, hostPort: 9000 } }
      pay:
        ports: { http: 80 }
`;
  const places = faultsOf(text).map((message) => /:(\d+:\d+): (\S+):/.exec(message)?.slice(1));
  assert.deepEqual(places, [
    ['6:36', 'namespaces.shop.workloads.cart.ports.also'],
    ['7:36', 'namespaces.shop.workloads.cart.readiness.http.port'],
    ['9:14', 'namespaces.shop.workloads.cart.env.A'],
    ['11:14', 'namespaces.shop.workloads.cart.env.C'],
    ['14:48', 'namespaces.shop.services.cart.ports.http.targetPort'],
    ['15:7', 'namespaces.shop.services.pay.workload'],
  ]);
});

test('tells faults of YAML itself with their place', () => {
  assert.deepEqual(faultsOf('a: 1\na: 2\n'), ['mesh.yaml:2:1: Map keys must be unique']);
  assert.equal(faultsOf('').length, 1);
  assert.match(faultsOf('- a').join(), /^mesh.yaml:1:1: the file: expected a mapping/);
});

test('a file that is not there is told by name', () => {
  assert.throws(() => readMeshFile('/nowhere/mesh.yaml'), { code: 'not_found' });
});

test('a file that is no mesh.yaml is known by its beginning, not repeated whole', () => {
  const [fault = ''] = faultsOf('x'.repeat(3000));
  assert.match(fault, /expected a mapping with namespaces, found "x+…$/);
  assert.ok(fault.length < 200);
});

test('aliases that multiply are refused with a sentence', () => {
  const level = (name: string, of: string) => `${name}: &${name} [${`${of},`.repeat(9)}]\n`;
  const text = ['b', 'c', 'd', 'e'].reduce(
    (all, name, index, names) => all + level(name, index === 0 ? '*a' : `*${names[index - 1]}`),
    level('a', 'x'),
  );
  assert.match(
    faultsOf(`${text}namespaces: *e\n`)[0] ?? '',
    /its aliases \(\*name\) cannot be followed/,
  );
});
