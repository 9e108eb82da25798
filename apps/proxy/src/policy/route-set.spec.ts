import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { grpcRoute, httpRoute } from '@tulle/proxy-api';
import { requestHead } from '../testing/test-heads.ts';
import { PolicyFault } from './policy-fault.ts';
import { compileRouteSet, type RouteInit } from './route-set.ts';

type Match = MessageInitShape<typeof httpRoute.HttpRouteMatchSchema>;
type Host = MessageInitShape<typeof httpRoute.HostMatchSchema>;

function route(rule: string, hosts: Host[], ...matches: Match[]): RouteInit<string> {
  return {
    hosts: hosts.map((host) => create(httpRoute.HostMatchSchema, host)),
    rules: [
      { rule, matches: matches.map((match) => create(httpRoute.HttpRouteMatchSchema, match)) },
    ],
  };
}

const exactHost = (value: string): Host => ({ match: { case: 'exact', value } });
const suffixHost = (...reverseLabels: string[]): Host => ({
  match: { case: 'suffix', value: { reverseLabels } },
});
const path = (kind: 'exact' | 'prefix' | 'regex', value: string): Match => ({
  path: { kind: { case: kind, value } },
});

test('the host decides first: exact, then the longest suffix, then none', () => {
  const set = compileRouteSet([
    route('none', [], path('exact', '/a/very/long/path')),
    route('short', [suffixHost('com', 'example')]),
    route('long', [suffixHost('com', 'example', 'eu')]),
    route('exact', [exactHost('Web.EU.example.com')]),
    route('v6', [exactHost('[::1]')]),
  ]);
  const find = (authority: string, target = '/a/very/long/path') =>
    set.find(requestHead({ authority, path: target }));
  assert.equal(find('web.eu.example.com:8080'), 'exact');
  assert.equal(find('WEB.eu.example.com'), 'exact');
  assert.equal(find('other.eu.example.com'), 'long');
  assert.equal(find('other.example.com'), 'short');
  assert.equal(find('example.com'), 'none', 'a suffix stands for at least one label');
  assert.equal(find('badexample.com'), 'none');
  assert.equal(find('[::1]:80'), 'v6');
  assert.equal(find('[::1]'), 'v6');
  assert.equal(find('example.com', '/'), null);
});

test('then the longest path, then exact over pattern over prefix, then more conditions; the first of equals', () => {
  const header = (name: string) => ({
    name,
    value: { case: 'exact' as const, value: Buffer.from('1') },
  });
  const set = compileRouteSet([
    route('prefix', [], path('prefix', '/a/b')),
    route('again', [], path('prefix', '/a/b/')),
    route('pattern', [], path('regex', '/a/[b-c]')),
    route('exact', [], path('exact', '/a/b')),
    route('headers', [], {
      path: { kind: { case: 'prefix', value: '/h' } },
      headers: [header('x'), header('y')],
    }),
    route('header', [], {
      path: { kind: { case: 'prefix', value: '/h' } },
      headers: [header('x')],
    }),
    route('first', [], path('prefix', '/same')),
    route('second', [], path('prefix', '/same')),
  ]);
  const find = (target: string, fields: [string, string][] = []) =>
    set.find(requestHead({ path: target }, fields));
  assert.equal(find('/a/b'), 'exact');
  assert.equal(find('/a/b?query'), 'exact');
  assert.equal(find('/a/c'), 'pattern');
  assert.equal(find('/same/x'), 'first');
  assert.equal(find('/h', [['x', '1']]), 'header');
  assert.equal(
    find('/h', [
      ['x', '1'],
      ['y', '1'],
    ]),
    'headers',
  );
  assert.equal(find('/h'), null);
});

test('gRPC routes match service and method, each alone too', () => {
  const rpc = (rule: string, service: string, method: string): RouteInit<string> => ({
    hosts: [],
    rules: [
      { rule, matches: [create(grpcRoute.GrpcRouteMatchSchema, { rpc: { service, method } })] },
    ],
  });
  const set = compileRouteSet([
    rpc('service', 'pkg.Vote', ''),
    rpc('both', 'pkg.Vote', 'Doughnut'),
    rpc('method', '', 'Check'),
  ]);
  const find = (target: string) => set.find(requestHead({ path: target, isGrpc: true }));
  assert.equal(find('/pkg.Vote/Doughnut'), 'both');
  assert.equal(find('/pkg.Vote/Joy'), 'service');
  assert.equal(find('/pkg.Health/Check'), 'method');
  assert.equal(find('/pkg.Health/Watch'), null);
});

test('patterns that cannot be used and matches of no kind make a fault', () => {
  assert.throws(() => compileRouteSet([route('x', [], path('regex', '('))]), PolicyFault);
  assert.throws(() => compileRouteSet([route('x', [{}])]), PolicyFault);
  assert.throws(() => compileRouteSet([route('x', [], { headers: [{ name: 'x' }] })]), PolicyFault);
});
