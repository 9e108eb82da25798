import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type OverviewView,
  type RolloutState,
  type StoredProfile,
  type TapExchange,
  TulleError,
  type WorkloadRow,
} from '@tulle/model';
import { CLI_VERSION } from './cli-version.ts';
import { runCli } from './testing/run-cli.ts';
import { startTestMesh, type TestMesh } from './testing/test-mesh.ts';

let mesh: TestMesh;
before(async () => {
  mesh = await startTestMesh();
  mesh.answers.set('GET /overview', OVERVIEW);
});
after(() => mesh.close());

const GOLDEN = {
  successCount: 11_988,
  failureCount: 1,
  successRate: 0.99996,
  requestsPerSecond: 3.94,
  latencyP50Ms: 1,
  latencyP95Ms: 4.6,
  latencyP99Ms: 9,
};

function row(name: string, golden: WorkloadRow['golden']): WorkloadRow {
  return {
    ref: { kind: 'deployment', namespace: 'emojivoto', name },
    health: 'well',
    meshed: { meshed: golden === null ? 0 : 1, total: 1 },
    ready: 1,
    golden,
    tcp: golden && { openConnections: 3, readBytesPerSecond: 1000, writeBytesPerSecond: 5.25 },
    sparkSuccess: [],
    sparkRequests: [],
    routesSeen: [],
    routesSeenTotal: 0,
  };
}

const OVERVIEW: OverviewView = {
  provenance: { atMs: 0, windowSeconds: 60, proxiesAnswered: 1, proxiesExpected: 1 },
  instances: { meshed: 1, total: 2 },
  workloads: {
    'emojivoto/deployment/web': row('web', GOLDEN),
    'emojivoto/deployment/vote-bot': row('vote-bot', null),
  },
  services: [],
  attention: [],
  changes: [],
};

const EXCHANGE: TapExchange = {
  id: '7',
  atMs: 0,
  direction: 'inbound',
  reporter: { kind: 'pod', namespace: 'emojivoto', name: 'web-1' },
  source: { address: '10.0.0.9:40112', workload: null, pod: null },
  destination: { address: '10.0.0.2:8080', workload: null, pod: null },
  security: { kind: 'mutual-tls', identity: 'vote-bot.emojivoto' },
  method: 'GET',
  scheme: 'http',
  authority: 'web-svc',
  path: '/api/list',
  route: null,
  httpStatus: 200,
  grpcStatus: null,
  latencyMs: 1.25,
  durationMs: 1.75,
  responseBytes: 42,
  requestHeaders: [],
  responseHeaders: [],
  trailers: [],
  outcome: { kind: 'ended' },
};

const ROLLOUT: RolloutState = {
  id: 'r1',
  workload: { kind: 'deployment', namespace: 'emojivoto', name: 'vote-bot' },
  cause: 'inject',
  step: 'starting',
  replaced: 0,
  total: 1,
  startedAtMs: 0,
  endedAtMs: null,
  message: null,
};

const STORED: StoredProfile = {
  namespace: 'emojivoto',
  service: 'web-svc',
  version: 7,
  spec: {
    routes: [{ name: 'GET /api/vote', condition: { method: 'GET', pathRegex: '/api/vote' } }],
  },
  savedAtMs: 0,
  savedBy: 'you',
};

test('stat prints Linkerd columns in the only namespace of the mesh', async () => {
  const run = runCli(['stat', 'deploy', '-o', 'wide', '--url', mesh.url]);
  assert.equal(await run.exited, 0, run.stderr());
  assert.equal(
    run.stdout(),
    [
      'NAME      MESHED  SUCCESS     RPS  LATENCY_P50  LATENCY_P95  LATENCY_P99  TCP_CONN  READ_BYTES/SEC  WRITE_BYTES/SEC',
      'vote-bot     0/1        -       -            -            -            -         -               -                -',
      'web          1/1   99.99%  3.9rps          1ms          5ms          9ms         3       1000.0B/s           5.3B/s',
      '',
    ].join('\n'),
  );
});

test('stat is found under viz too, and as JSON, and for namespaces', async () => {
  const run = runCli(['viz', 'stat', 'deploy/web', '-o', 'json', '--url', mesh.url]);
  const all = runCli(['stat', 'ns', '--url', mesh.url]);
  assert.equal(await run.exited, 0, run.stderr());
  const rows = JSON.parse(run.stdout()) as readonly { name: string; successRate: number }[];
  assert.deepEqual([rows.length, rows[0]?.name, rows[0]?.successRate], [1, 'web', 0.99996]);
  assert.equal(await all.exited, 0, all.stderr());
  assert.match(all.stdout(), /emojivoto +1\/2 +99\.99% +3\.9rps/);
});

test('another window is asked from the history', async () => {
  const point = { ...GOLDEN, atMs: 0, successRate: 0.5, requestsPerSecond: 2 };
  const query = 'resource=emojivoto%2Fdeployment%2Fweb&rangeSeconds=300&stepSeconds=300';
  mesh.answers.set(`GET /series?${query}`, [point]);
  const run = runCli(['stat', 'deploy/web', '-t', '5m', '--url', mesh.url]);
  assert.equal(await run.exited, 0, run.stderr());
  assert.match(run.stdout(), /50\.00% +2\.0rps/);
});

test('what cannot be read is said with the exit code of usage', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['stat', 'spaceship'], /"spaceship" is not a resource/],
    [['stat', 'deploy', '-t', '5s'], /too short/],
    [['stat', 'deploy', '-o', 'xml'], /Allowed choices are table, wide, json/],
    [['fly'], /unknown command 'fly'/],
    [['tap', 'deploy/web', '--filter', 'stauts:500'], /\^\^\^ There is no key "stauts"/],
    [['tap', 'deploy/web', '--max-rps', '0'], /1 to 1000/],
    [['stat', 'deploy', '--url', 'ftp://x'], /--url is "ftp:\/\/x"/],
  ];
  const runs = cases.map(([args]) =>
    runCli(args.includes('--url') ? args : [...args, '--url', mesh.url]),
  );
  for (const [index, run] of runs.entries()) {
    assert.equal(await run.exited, 64, run.stderr());
    assert.match(run.stderr(), cases[index]?.[1] ?? /never/);
    assert.equal(run.stdout(), '');
  }
});

test('what is not there exits 1, what does not answer 69', async () => {
  const missing = runCli(['stat', 'deploy/ghost', '--url', mesh.url]);
  const nobody = runCli(['stat', 'deploy', '--url', 'http://127.0.0.1:9']);
  assert.equal(await missing.exited, 1);
  assert.match(missing.stderr(), /There is no deployment "ghost" in namespace emojivoto/);
  assert.equal(await nobody.exited, 69);
  assert.match(nobody.stderr(), /cannot be reached.* Start the mesh with npm start/);
});

test('the dashboard is found by the run file of a folder above', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tulle-cli-'));
  try {
    await mkdir(join(folder, '.tulle', 'run'), { recursive: true });
    await mkdir(join(folder, 'deep', 'er'), { recursive: true });
    await writeFile(join(folder, '.tulle/run/run.json'), JSON.stringify({ url: mesh.url, pid: 1 }));
    const run = runCli(['stat', 'deploy'], { cwd: join(folder, 'deep', 'er') });
    assert.equal(await run.exited, 0, run.stderr());
    assert.match(run.stdout(), /^web/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('tap prints three lines an exchange, not the first twice, and ends clean on Ctrl-C', async () => {
  const args = ['tap', 'deploy/web', '--method', 'GET', '--path', '/api', '--url', mesh.url];
  const run = runCli(args);
  const sink = await mesh.tapSink;
  assert.deepEqual(mesh.taps.at(-1), {
    resource: 'emojivoto/deployment/web',
    filter: 'method:GET path:/api*',
    maxPerSecond: 100,
  });
  sink.rows([{ ...EXCHANGE, outcome: { kind: 'pending' } }], 0);
  await run.printed('req id=7');
  sink.rows([EXCHANGE], 3);
  await run.printed('end id=7');
  run.process.kill('SIGINT');
  assert.equal(await run.exited, 0, run.stderr());
  const common = 'id=7 proxy=in  src=10.0.0.9:40112 dst=10.0.0.2:8080 tls=true';
  assert.deepEqual(run.stdout().trimEnd().split('\n'), [
    `req ${common} :method=GET :authority=web-svc :path=/api/list`,
    `rsp ${common} :status=200 latency=1250µs`,
    `end ${common} duration=500µs response-length=42B`,
  ]);
  assert.match(run.stderr(), /3 exchanges were too many/);
});

test('inject follows its rollout until the first request went through', async () => {
  const path = '/workloads/emojivoto/deployment/vote-bot/inject';
  mesh.setRollout({ rollout: ROLLOUT, firstRequestAtMs: null });
  mesh.answers.set(`PUT ${path}`, { rollout: ROLLOUT, firstRequestAtMs: null });
  const run = runCli(['inject', 'deploy/vote-bot', '--url', mesh.url]);
  const other = { ...ROLLOUT, id: 'older', step: 'failed' } as const;
  setTimeout(() => mesh.setRollout({ rollout: other, firstRequestAtMs: null }), 50);
  setTimeout(
    () => mesh.setRollout({ rollout: { ...ROLLOUT, step: 'done' }, firstRequestAtMs: 1 }),
    100,
  );
  assert.equal(await run.exited, 0, run.stderr());
  assert.deepEqual(mesh.received.at(-1), { route: `PUT ${path}`, body: { inject: 'enabled' } });
  assert.match(run.stdout(), /deploy\/vote-bot is in the mesh; its first request has gone/);
});

test('an injection that fails says why and what was kept', async () => {
  mesh.setRollout({
    rollout: { ...ROLLOUT, step: 'failed', message: 'Its old instance is kept.' },
    firstRequestAtMs: null,
  });
  const run = runCli(['inject', 'deploy/vote-bot', '--url', mesh.url]);
  assert.equal(await run.exited, 69);
  assert.match(run.stderr(), /could not be changed\. Its old instance is kept\./);
});

test('a profile goes out as YAML and comes in as JSON, under its own version', async () => {
  mesh.answers.set('GET /profiles/emojivoto/web-svc', STORED);
  mesh.answers.set('PUT /profiles/emojivoto/web-svc', { ...STORED, version: 8 });
  const get = runCli(['profile', 'get', 'web-svc', '--url', mesh.url]);
  assert.equal(await get.exited, 0, get.stderr());
  assert.match(get.stdout(), /^ {2}name: web-svc\.emojivoto\.svc\.cluster\.local$/m);
  const asJson = runCli(['profile', 'get', 'web-svc', '-o', 'json', '--url', mesh.url]);
  await asJson.exited;
  const set = runCli(['profile', 'set', 'web-svc', '-f', '-', '--url', mesh.url], {
    input: asJson.stdout(),
  });
  assert.equal(await set.exited, 0, set.stderr());
  assert.deepEqual(mesh.received.at(-1)?.body, { baseVersion: 7, spec: STORED.spec });
  assert.match(set.stdout(), /web-svc has 1 route now \(version 8\)/);
});

test('a bad profile is refused here, a stale one by the controller', async () => {
  const bad = runCli(['profile', 'validate', '-f', '-'], {
    input: '{"routes":[{"name":"x","condition":{"pathRegex":"/a("}}]}',
  });
  assert.equal(await bad.exited, 64);
  assert.match(bad.stderr(), /routes\[0\]\.condition\.pathRegex: Not a regular expression/);
  mesh.answers.set(
    'PUT /profiles/emojivoto/web-svc',
    new TulleError('conflict', 'The routes of web-svc were changed meanwhile (version 8)'),
  );
  const stale = runCli(['profile', 'set', 'web-svc', '-f', '-', '--url', mesh.url], {
    input: JSON.stringify({ version: 6, spec: STORED.spec }),
  });
  assert.equal(await stale.exited, 1);
  assert.match(stale.stderr(), /changed meanwhile/);
});

test('a reader that goes away ends the command quietly', async () => {
  const run = runCli(['stat', 'deploy', '--url', mesh.url]);
  run.process.stdout?.destroy();
  assert.equal(await run.exited, 0);
  assert.equal(run.stderr(), '');
});

test('version tells both sides and survives the absence of one', async () => {
  const run = runCli(['version', '--url', 'http://127.0.0.1:9']);
  assert.equal(await run.exited, 0, run.stderr());
  assert.equal(run.stdout(), `Client version: ${CLI_VERSION}\nServer version: unavailable\n`);
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  assert.equal((JSON.parse(manifest) as { version: string }).version, CLI_VERSION);
});
