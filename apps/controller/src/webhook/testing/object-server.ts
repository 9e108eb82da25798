/** A few named objects behind the API server's own rules for versions, over real HTTP: what a webhook role reads and writes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createKubernetesApi, type KubernetesApi } from '../../kubernetes/kubernetes-api.ts';

export interface StoredObject {
  metadata: { name: string; resourceVersion: string; [field: string]: unknown };
  [field: string]: unknown;
}

export interface ObjectServer {
  readonly api: KubernetesApi;
  /** By path. A test changes it as another client would. */
  readonly objects: Map<string, StoredObject>;
  /** `METHOD /path`, in order. */
  readonly requests: string[];
  /** Bodies of POST, in order. */
  readonly created: unknown[];
  /** Answered to everything instead, null for no refusal. */
  refusal: number | null;
  /** Called before a PUT is looked at: the moment for another client to be first. */
  beforePut: () => void;
  close(): Promise<void>;
}

interface PatchOperation {
  readonly op: 'test' | 'add';
  readonly path: string;
  readonly value: unknown;
}

export async function startObjectServer(): Promise<ObjectServer> {
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];
  const created: unknown[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const api = createKubernetesApi({
    server: `http://127.0.0.1:${port}`,
    options: () => Promise.resolve({}),
  });
  const it: ObjectServer = {
    api,
    objects,
    requests,
    created,
    refusal: null,
    beforePut: () => undefined,
    async close() {
      api.close();
      server.closeAllConnections();
      await new Promise((done) => {
        server.close(done);
      });
    },
  };
  return it;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const path = url.split('?')[0] ?? url;
    requests.push(`${method} ${path}`);
    const body: unknown = method === 'GET' ? null : await json(request);
    if (it.refusal !== null) return send(response, it.refusal, status(it.refusal));
    const stored = objects.get(path);
    if (method === 'POST') {
      created.push(body);
      return send(response, 201, body);
    }
    if (stored === undefined) return send(response, 404, status(404));
    switch (method) {
      case 'PUT': {
        it.beforePut();
        const now = objects.get(path);
        const put = body as StoredObject;
        if (now?.metadata.resourceVersion !== put.metadata.resourceVersion) {
          return send(response, 409, status(409));
        }
        return send(response, 200, store(path, put));
      }
      case 'PATCH':
        for (const operation of body as PatchOperation[]) apply(stored, operation);
        return send(response, 200, store(path, stored));
      default:
        return send(response, 200, stored);
    }
  }

  function store(path: string, object: StoredObject): StoredObject {
    const resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    const next = { ...object, metadata: { ...object.metadata, resourceVersion } };
    objects.set(path, next);
    return next;
  }
}

function apply(object: StoredObject, { op, path, value }: PatchOperation): void {
  const tokens = path.split('/').slice(1);
  const last = tokens.pop() ?? '';
  let at: Record<string, unknown> = object;
  for (const token of tokens) at = at[token] as Record<string, unknown>;
  if (op === 'test' && at[last] !== value) throw new Error(`${path} is another`);
  if (op === 'add') at[last] = value;
}

function status(code: number): unknown {
  return { kind: 'Status', code, message: `status ${code}` };
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
