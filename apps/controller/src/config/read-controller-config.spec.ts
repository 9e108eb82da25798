import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TulleError } from '@tulle/model';
import { LOCAL_ROLES, type ControllerConfig } from './controller-config.ts';
import { readControllerConfig } from './read-controller-config.ts';

const ENV = {
  TULLE_RUNTIME_SOCKET: '/run/runtime.sock',
  TULLE_STATE_DIR: '/state',
  TULLE_IDENTITY_DIR: '/identity',
};

function read(args: string[], env: Record<string, string>): ControllerConfig {
  const command = readControllerConfig(args, env);
  assert.ok(command.kind === 'run');
  return command.config;
}

function faultsOf(args: string[], env: Record<string, string>): string[] {
  try {
    readControllerConfig(args, env);
  } catch (error) {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    return error.issues.map(({ path, message }) => `${path} ${message}`);
  }
  return [];
}

test('three variables are enough; the rest are the laptop defaults', () => {
  const config = read([], ENV);
  assert.deepEqual([...config.roles], [...LOCAL_ROLES]);
  assert.deepEqual(config.listen.web, { host: '127.0.0.1', port: 8084 });
  assert.equal(config.trustDomain, 'cluster.local');
  assert.equal(config.dashboardUpstream, null);
  assert.deepEqual(config.metrics, { scrapeIntervalMs: 1000, windowSeconds: 60 });
});

test('flags and variables are taken, IPv6 too, and --port wins over the address', () => {
  const config = read(['--roles', 'destination, identity', '--port', '9000'], {
    ...ENV,
    TULLE_WEB_ADDR: '0.0.0.0:8084',
    TULLE_ADMIN_ADDR: '[::1]:0',
    TULLE_DASHBOARD_UPSTREAM: 'localhost:3000',
    TULLE_ALLOWED_HOSTS: 'mesh.example, [fd00::1]',
    TULLE_LOG_LEVEL: 'debug',
  });
  assert.deepEqual([...config.roles], ['destination', 'identity']);
  assert.deepEqual(config.listen.web, { host: '0.0.0.0', port: 9000 });
  assert.deepEqual(config.listen.admin, { host: '::1', port: 0 });
  assert.deepEqual(config.dashboardUpstream, { host: 'localhost', port: 3000 });
  assert.deepEqual(config.allowedHosts, ['mesh.example', '[fd00::1]']);
  assert.equal(config.log.level, 'debug');
});

test('every fault is told at once, each with its variable or flag', () => {
  const faults = faultsOf(['--roles', 'web,cooking', '--port', '99999'], {
    TULLE_PLATFORM: 'nomad',
    TULLE_WEB_ADDR: '8084',
    TULLE_DASHBOARD_UPSTREAM: 'localhost:0',
    TULLE_ALLOWED_HOSTS: 'a b',
    TULLE_TRUST_DOMAIN: 'Cluster.local.',
    TULLE_LOG_LEVEL: 'loud',
    TULLE_SCRAPE_INTERVAL_MS: '-1',
    TULLE_METRICS_WINDOW_SECONDS: '1.5',
  });
  for (const expected of [
    /^--roles "cooking" is no role/,
    /^--roles web needs metrics and tap/,
    /^--port is "99999"/,
    /^TULLE_PLATFORM is "nomad"; it takes local, kubernetes/,
    /^TULLE_RUNTIME_SOCKET must be set/,
    /^TULLE_STATE_DIR must be set/,
    /^TULLE_IDENTITY_DIR must be set/,
    /^TULLE_WEB_ADDR is "8084"; it takes host:port/,
    /^TULLE_DASHBOARD_UPSTREAM is "localhost:0"/,
    /^TULLE_ALLOWED_HOSTS "a b"/,
    /^TULLE_TRUST_DOMAIN is "Cluster\.local\."/,
    /^TULLE_LOG_LEVEL is "loud"; it takes off, error/,
    /^TULLE_SCRAPE_INTERVAL_MS is "-1"/,
    /^TULLE_METRICS_WINDOW_SECONDS is "1\.5"/,
  ]) {
    assert.ok(
      faults.some((fault) => expected.test(fault)),
      `${expected} in:\n${faults.join('\n')}`,
    );
  }
});

const POD = {
  TULLE_PLATFORM: 'kubernetes',
  TULLE_POD_NAME: 'tulle-destination-1',
  TULLE_POD_NAMESPACE: 'tulle',
  TULLE_POD_SERVICE_ACCOUNT: 'tulle-destination',
};

test('on Kubernetes each role asks for what it needs and for nothing else', () => {
  assert.deepEqual(
    faultsOf(['--roles', 'destination,policy,validator'], POD).map((fault) => fault.split(' ')[0]),
    ['TULLE_TRUST_ANCHORS_FILE', 'TULLE_IDENTITY_TOKEN_FILE', 'TULLE_IDENTITY_SVC_ADDR'],
  );
  assert.deepEqual(
    faultsOf(['--roles', 'identity'], POD).map((fault) => fault.split(' ')[0]),
    ['TULLE_TRUST_ANCHORS_FILE', 'TULLE_IDENTITY_DIR'],
  );
  const config = read(['--roles', 'injector'], {
    ...POD,
    TULLE_TRUST_ANCHORS_FILE: '/anchors/ca-bundle.crt',
    TULLE_INJECT_CONFIG_FILE: '/config/inject.yaml',
  });
  assert.deepEqual(config.listen.injector, { host: '0.0.0.0', port: 8443 });
  assert.equal(config.webhookTlsDir, '', 'it makes its own certificate');
});

test('a laptop has no webhooks', () => {
  assert.match(
    faultsOf(['--roles', 'injector'], ENV)[0] ?? '',
    /--roles injector needs TULLE_PLATFORM=kubernetes/,
  );
});

test('an unknown flag is a fault, --help is not', () => {
  assert.match(faultsOf(['--prot', '1'], ENV)[0] ?? '', /^command line .*--prot/);
  assert.equal(readControllerConfig(['--help'], {}).kind, 'help');
});
