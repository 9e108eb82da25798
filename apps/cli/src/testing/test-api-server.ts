/** A Kubernetes API server for this app's tests: answers paths with what a test puts there, and 404 otherwise. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface TestApiServer {
  /** Path without its query → the object; a list's items may be filtered by the test. */
  readonly answers: Map<string, unknown>;
  /** A kubeconfig that leads here, with the context `test`. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

export async function startTestApiServer(): Promise<TestApiServer> {
  const answers = new Map<string, unknown>();
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = answers.get(path);
    response.setHeader('content-type', 'application/json');
    if (answer !== undefined) return void response.end(JSON.stringify(answer));
    response.statusCode = 404;
    const message = `${path} not found`;
    return void response.end(JSON.stringify({ kind: 'Status', reason: 'NotFound', message }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const folder = await mkdtemp(join(tmpdir(), 'tulle-kubeconfig-'));
  const kubeconfig = join(folder, 'config');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'test', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    }),
  );
  return {
    answers,
    kubeconfig,
    async close() {
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      await rm(folder, { recursive: true });
    },
  };
}
