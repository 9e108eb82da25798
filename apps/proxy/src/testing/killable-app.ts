/** An application in a process of its own, so that it can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

const PROGRAM = `
const server = require('node:http').createServer((req, res) => res.end('from ' + process.pid));
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log(server.address().port));
`;

export interface KillableApp {
  readonly port: number;
  readonly pid: number;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
}

/** Answers every request with 200. @param port a free one where absent. */
export async function startKillableApp(t: TestContext, port = 0): Promise<KillableApp> {
  const child = spawn(process.execPath, ['-e', PROGRAM, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(kill);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(String(line)), pid: child.pid ?? 0, kill };
}
