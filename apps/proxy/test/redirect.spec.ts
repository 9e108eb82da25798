/**
 * The rules of the init program in a network namespace of the test's own, with the kernel's answer to where each
 * connection was meant to go. Needs Linux and root; fails with the reason where there is neither.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, openNetworkPair, type NetworkPair } from '../src/testing/network-pair.ts';

const INIT = fileURLToPath(new URL('../src/init/main.ts', import.meta.url));
const SERVER = fileURLToPath(
  new URL('../src/testing/original-destination-server.ts', import.meta.url),
);
const FLAGS = [
  '--inbound-ports-to-ignore=4190,4191,3000-3001',
  '--outbound-ports-to-ignore=4567',
  `--subnets-to-ignore=10.231.0.77/32,fd23:1::77/128`,
];

let network: NetworkPair;

/** Runs the init program in the pod. */
function init(...args: string[]): string {
  return network.run(network.pod, [process.execPath, INIT, ...args]);
}

/** Connects from a namespace, as a user, and gives the line that the other end says. */
function dial(
  where: string,
  host: string,
  port: number,
  options: { uid?: number; from?: string } = {},
): string {
  const script = `
    const socket = require('net').connect({ host: '${host}', port: ${port}, localAddress: ${JSON.stringify(options.from)} });
    socket.on('data', (data) => process.stdout.write(data)).on('error', (error) => console.log(error.code));
    setTimeout(() => { console.log('silence'); process.exit(); }, 3000).unref();`;
  const node = [process.execPath, '-e', script];
  const as =
    options.uid === undefined ? [] : ['setpriv', `--reuid=${options.uid}`, '--clear-groups'];
  return network.run(where, [...as, ...node]).trim();
}

describe('redirection', () => {
  before(async () => {
    network = openNetworkPair();
    for (const where of [network.pod, network.neighbour]) {
      await network.start(where, [
        process.execPath,
        SERVER,
        ...(where === network.pod
          ? ['inbound=4143', 'outbound=4140', 'admin=4191', 'skipped=3001']
          : []),
        'application=8080',
        'mysql=4567',
      ]);
    }
    init('redirect', ...FLAGS);
  });
  after(() => network.close());

  for (const family of ['ipv4', 'ipv6'] as const) {
    const pod = ADDRESSES.pod[family];
    const neighbour = ADDRESSES.neighbour[family];

    it(`${family}: what comes in goes to the proxy, which learns where it was meant to go`, () => {
      assert.equal(dial(network.neighbour, pod, 8080), `inbound ${pod}:8080`);
      assert.equal(dial(network.neighbour, pod, 9), `inbound ${pod}:9`);
    });

    it(`${family}: skipped ports, single and in a range, are left alone`, () => {
      assert.match(dial(network.neighbour, pod, 4191), /^admin /);
      assert.match(dial(network.neighbour, pod, 3001), /^skipped /);
    });

    it(`${family}: what a skipped network sends is left alone`, () => {
      const stranger = family === 'ipv4' ? '10.231.0.77' : 'fd23:1::77';
      const bits = family === 'ipv4' ? 24 : 64;
      network.run(network.neighbour, [
        'ip',
        'addr',
        'add',
        `${stranger}/${bits}`,
        'dev',
        'eth0',
        ...(bits === 64 ? ['nodad'] : []),
      ]);
      assert.match(dial(network.neighbour, pod, 8080, { from: stranger }), /^application /);
    });

    it(`${family}: what the application sends goes to the proxy, whoever it runs as`, () => {
      assert.equal(dial(network.pod, neighbour, 8080), `outbound ${neighbour}:8080`);
      assert.equal(dial(network.pod, neighbour, 8080, { uid: 1000 }), `outbound ${neighbour}:8080`);
    });

    it(`${family}: what the proxy sends goes where it says`, () => {
      assert.match(dial(network.pod, neighbour, 8080, { uid: 2102 }), /^application /);
    });

    it(`${family}: skipped ports are left alone on the way out`, () => {
      assert.match(dial(network.pod, neighbour, 4567), /^mysql /);
    });

    it(`${family}: loopback, and the pod's own address from the proxy, are left alone`, () => {
      const loopback = family === 'ipv4' ? '127.0.0.1' : '::1';
      assert.match(dial(network.pod, loopback, 8080), /^application /);
      assert.match(dial(network.pod, pod, 8080, { uid: 2102 }), /^application /);
    });
  }

  it('run again, it leaves the same rules, and other flags replace them', () => {
    const rules = (): string[] =>
      ['iptables', 'ip6tables'].map((program) =>
        network
          .run(network.pod, [`${program}-nft-save`, '-t', 'nat'])
          .split('\n')
          .filter((line) => line.startsWith('-'))
          .join('\n'),
      );
    const first = rules();
    init('redirect', ...FLAGS);
    assert.deepEqual(rules(), first);
    init('redirect', '--ports-to-redirect=8080', '--proxy-uid=5000', '--proxy-gid=5000');
    const changed = rules()[0] ?? '';
    assert.match(changed, /--dports 8080 .*REDIRECT --to-ports 4143/);
    assert.match(changed, /--uid-owner 5000/);
    assert.match(changed, /--gid-owner 5000/);
    assert.doesNotMatch(changed, /2102|4567/);
    assert.equal(changed.match(/-j PROXY_INIT_REDIRECT/g)?.length, 1);
    assert.equal(
      dial(network.neighbour, ADDRESSES.pod.ipv4, 8080),
      `inbound ${ADDRESSES.pod.ipv4}:8080`,
    );
    init('redirect', ...FLAGS);
  });

  it('legacy and plain iptables do the same', () => {
    for (const mode of ['legacy', 'plain']) {
      const other = openNetworkPair();
      try {
        other.run(other.pod, [process.execPath, INIT, 'redirect', `--iptables-mode=${mode}`]);
        const program = mode === 'legacy' ? 'iptables-legacy-save' : 'iptables-save';
        assert.match(
          other.run(other.pod, [program, '-t', 'nat']),
          /-A PREROUTING .*-j PROXY_INIT_REDIRECT/,
        );
      } finally {
        void other.close();
      }
    }
  });

  it('the validator sees rules, and misses them with the status that repairs a pod', async () => {
    const other = openNetworkPair();
    try {
      const validate = [
        process.execPath,
        INIT,
        'validate',
        '--timeout=500ms',
        '--listen-addr=[::]:4140',
        '--connect-addr=10.231.9.9:20001',
      ];
      assert.throws(
        () => other.run(other.pod, validate),
        (error: { status?: number; stderr?: string }) => {
          assert.equal(error.status, 95);
          assert.match(error.stderr ?? '', /was not redirected/);
          return true;
        },
      );
      other.run(other.pod, [process.execPath, INIT, 'redirect']);
      assert.match(other.run(other.pod, validate), /connections are redirected/);
    } finally {
      await other.close();
    }
  });

  it('says which capabilities are missing', () => {
    assert.throws(
      () =>
        network.run(network.pod, [
          'setpriv',
          '--reuid=1000',
          '--clear-groups',
          process.execPath,
          INIT,
          'redirect',
        ]),
      (error: { stderr?: string }) => /NET_ADMIN and NET_RAW/.test(error.stderr ?? ''),
    );
  });
});
