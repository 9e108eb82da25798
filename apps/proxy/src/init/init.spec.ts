import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { awaitReady } from './await-ready.ts';
import { multiportLists, parsePortRanges } from './port-ranges.ts';
import { readInitCommand } from './read-init-command.ts';
import { inboundRules, restoreInput } from './redirect-rules.ts';

function read(...args: string[]) {
  const command = readInitCommand(['redirect', ...args]);
  assert.ok(command.kind === 'redirect');
  return command;
}

test('a rule takes fifteen ports, a range counts as two', () => {
  const ports = Array.from({ length: 16 }, (_, index) => String(index + 1)).join(',');
  const lists = multiportLists(parsePortRanges(`${ports},100-200`).flatMap((range) => range ?? []));
  assert.deepEqual(lists, ['1,2,3,4,5,6,7,8,9,10,11,12,13,14,15', '16,100:200']);
  const ranges = parsePortRanges('1-2,3-4,5-6,7-8,9-10,11-12,13-14,15-16').flatMap((r) => r ?? []);
  assert.equal(multiportLists(ranges).length, 2);
});

test('Linkerd’s rules in Linkerd’s order', () => {
  const command = read(
    '--proxy-uid=2102',
    '--inbound-ports-to-ignore=4190,4191',
    '--outbound-ports-to-ignore=443',
    '--subnets-to-ignore=10.0.0.0/8,fd00::/8',
  );
  const bare = (text: string): string[] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.replace(/ -m comment .*/, ''));
  assert.deepEqual(bare(restoreInput(command, 'ipv4', '')), [
    '*nat',
    ':PROXY_INIT_REDIRECT - [0:0]',
    ':PROXY_INIT_OUTPUT - [0:0]',
    '-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports 4190,4191 -j RETURN',
    '-A PROXY_INIT_REDIRECT -p all -s 10.0.0.0/8 -j RETURN',
    '-A PROXY_INIT_REDIRECT -p tcp -j REDIRECT --to-port 4143',
    '-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -j RETURN',
    '-A PROXY_INIT_OUTPUT -o lo -j RETURN',
    '-A PROXY_INIT_OUTPUT -p tcp -m multiport --dports 443 -j RETURN',
    '-A PROXY_INIT_OUTPUT -p tcp -j REDIRECT --to-port 4140',
    '-A PREROUTING -j PROXY_INIT_REDIRECT',
    '-A OUTPUT -j PROXY_INIT_OUTPUT',
    'COMMIT',
  ]);
  const saved = '-A OUTPUT -m comment --comment "x" -j PROXY_INIT_OUTPUT\n';
  assert.doesNotMatch(restoreInput(command, 'ipv4', saved), /-A OUTPUT/);
  assert.match(inboundRules(command, 'ipv6').join('\n'), /-s fd00::\/8/);
});

test('every wrong flag is told at once', () => {
  assert.throws(
    () =>
      read(
        '--proxy-uid=0',
        '--iptables-mode=nat',
        '--inbound-ports-to-ignore=x',
        '--subnets-to-ignore=10.0.0.0/40',
        '--firewall-bin-path=/i',
      ),
    (error: unknown) => {
      assert.ok(error instanceof TulleError);
      assert.equal(error.code, 'invalid_argument');
      assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
        '--firewall-bin-path',
        '--inbound-ports-to-ignore',
        '--iptables-mode',
        '--proxy-uid',
        '--subnets-to-ignore',
      ]);
      return true;
    },
  );
  assert.throws(() => readInitCommand(['redirekt']), /takes redirect, validate, await/);
  assert.throws(() => read('--no-such-flag'), /no-such-flag/);
  assert.equal(readInitCommand(['await', '--help']).kind, 'help');
});

test('awaiting ends with the proxy’s readiness, or says what it said last', async (t) => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(asked < 3 ? 503 : 200).end();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await awaitReady({ port, timeoutMs: 10_000 });
  assert.equal(asked, 3);
  asked = -1000;
  await assert.rejects(awaitReady({ port, timeoutMs: 60 }), /within 60 ms: \/ready answers 503/);
});
