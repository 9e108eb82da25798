/** HTTP servers of others that stand behind the proxy in tests, each with what it says it was asked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from './proxy-process.ts';

export interface ForeignOrigin {
  readonly name: string;
  readonly port: number;
  /** Request lines as it read them, in order. */
  seen(): readonly string[];
}

/** A program that must be there for a test. @throws Error that names the Debian package. */
export function needed(program: string, debianPackage: string, error: unknown): never {
  const sentence = `${program} cannot be started; this test needs the Debian package ${debianPackage}.`;
  throw new Error(sentence, { cause: error });
}

/** nginx: answers with `method target`, with a file or with nothing; its log tells what it read. */
export async function startNginx(
  t: TestContext,
  protocol: 'http1' | 'http2' = 'http1',
): Promise<ForeignOrigin> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-nginx-'));
  const port = await freePort();
  const log = join(dir, 'access.log');
  writeFileSync(log, '');
  writeFileSync(join(dir, 'file.txt'), 'a line of a file\n'.repeat(20_000));
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 512; }
http {
  log_format line '$request'; access_log ${log} line;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f;
  uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server {
    listen 127.0.0.1:${port}${protocol === 'http2' ? ' http2' : ''}; root ${dir}; default_type text/plain;
    location / { return 200 "$request_method $request_uri"; }
    location = /file.txt { }
    location = /empty { return 204; }
  }
}
`,
  );
  const child = spawn('nginx', ['-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'spawn').catch((error: unknown) => needed('nginx', 'nginx-light', error));
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(dir, { recursive: true, force: true });
  });
  await untilListening(port);
  const lines = (): string[] => readFileSync(log, 'latin1').split('\n').slice(0, -1);
  return { name: 'nginx', port, seen: lines };
}

/** Python's http.server, see python-origin.py. */
export async function startPython(t: TestContext): Promise<ForeignOrigin> {
  const program = fileURLToPath(new URL('./python-origin.py', import.meta.url));
  const child = spawn('python3', ['-u', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child, 'spawn').catch((error: unknown) => needed('python3', 'python3', error));
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const [first] = (await once(reader, 'line')) as [string];
  reader.on('line', (line) => lines.push(line));
  return { name: 'python', port: Number(first), seen: () => lines };
}

/** Node's http server; gives bodies back like the Python one. */
export async function startNode(t: TestContext): Promise<ForeignOrigin> {
  const lines: string[] = [];
  const server = createServer((req, res) => {
    lines.push(`${req.method} ${req.url} HTTP/${req.httpVersion}`);
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      const body = Buffer.concat(parts);
      res.end(body.length > 0 ? body : `${req.method} ${req.url}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { name: 'node', port, seen: () => lines };
}

async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error(`Nothing listens on ${port}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
