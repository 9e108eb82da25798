import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { operatorToken } from '../operator.ts';
import { ROOT } from '../programs.ts';
import type { Proof } from '../proof.ts';
import { run, until } from '../shell.ts';
import { CONTROL_PLANE, DEMO, type World } from '../world.ts';

const PLAYWRIGHT_MS = 400_000;

export const BROWSER: Proof = {
  name: 'browser',
  claim:
    'the same story in a browser through a port-forward, with one click into the mesh and a route in force',
  async run(world) {
    await outside(world, 'vote-bot');
    const token = await operatorToken(world);
    const forward = await openDashboard(world);
    try {
      const env = {
        TULLE_DASHBOARD_URL: forward.url,
        TULLE_TOKEN: token,
        KUBECONFIG: world.kubeconfig,
      };
      const program = join(ROOT, 'node_modules/.bin/playwright');
      const args = ['test', '--config', 'cluster.config.ts'];
      const cwd = join(ROOT, 'playwright');
      const { code, stdout, stderr } = await run(program, args, {
        cwd,
        env,
        timeoutMs: PLAYWRIGHT_MS,
      });
      for (const line of stdout.split('\n')) if (/^\s+[✓✘]/.test(line)) world.say(line.trim());
      assert.equal(code, 0, stdout.slice(-3000) + stderr.slice(-1000));
    } finally {
      forward.close();
    }
    await savedAsProfile(world);
  },
};

/** Out of the mesh, so that there is something to bring in. */
async function outside({ kubectl }: World, name: string): Promise<void> {
  const annotations = { 'linkerd.io/inject': 'disabled' };
  const patch = { spec: { template: { metadata: { annotations } } } };
  await kubectl(
    'patch',
    'deployment',
    name,
    '-n',
    DEMO,
    '--type=merge',
    '-p',
    JSON.stringify(patch),
  );
  await kubectl('rollout', 'status', `deployment/${name}`, '-n', DEMO, '--timeout=100s');
}

/** `tulle dashboard`, as a person starts it. */
async function openDashboard({ kubeconfig }: World): Promise<{ url: string; close(): void }> {
  const cli = join(ROOT, 'apps/cli/dist/main.cjs');
  const args = [
    cli,
    'dashboard',
    '--port',
    '0',
    '--show',
    'url',
    '--control-plane-namespace',
    CONTROL_PLANE,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: 'pipe',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const url = await until('the address of tulle dashboard', 30_000, async () => {
    const found = /http:\/\/localhost:\d+/.exec(said)?.[0];
    if (found === undefined && child.exitCode !== null) throw new Error(said);
    return Promise.resolve(found);
  });
  return { url, close: () => void child.kill('SIGTERM') };
}

/** What the page saved is an ordinary object of the cluster. */
async function savedAsProfile({ get, say }: World): Promise<void> {
  const name = `web-svc.${DEMO}.svc.cluster.local`;
  const { spec } = await get<{ spec: { routes: { name: string; timeout?: string }[] } }>(
    'serviceprofile',
    name,
    '-n',
    DEMO,
  );
  assert.equal(spec.routes[0]?.timeout, '2s');
  say(`ServiceProfile ${name}: ${spec.routes.map((route) => route.name).join(', ')}`);
}
