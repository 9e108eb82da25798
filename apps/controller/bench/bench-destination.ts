/**
 * The destination role beside a big cluster: `npm run bench:destination -- [--services 2000] [--pods 5000] [--changes 100]`.
 * Makes the objects in the cluster of `KUBECONFIG`, in namespaces of its own that it deletes again, and prints JSON.
 * Needs Linux (/proc) and the bundle (`npm run build`).
 */
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { kubeconfigCredentials } from '../src/kubernetes/api-credentials.ts';
import { createKubernetesApi } from '../src/kubernetes/kubernetes-api.ts';
import { startControlPlane } from './control-plane.ts';
import { connectDestination } from './destination-client.ts';
import { makeObjects, serviceName, setReady, type ScaleObjects } from './scale-objects.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '2000' },
    pods: { type: 'string', default: '5000' },
    changes: { type: 'string', default: '100' },
    namespace: { type: 'string', default: 'tulle-bench' },
  },
});
const scale: ScaleObjects = {
  namespace: `${values.namespace}-apps`,
  services: Number(values.services),
  pods: Number(values.pods),
};
const changes = Number(values.changes);
const credentials = await kubeconfigCredentials();
const api = createKubernetesApi(credentials);
const { ca } = await credentials.options();
const namespaces = [scale.namespace, values.namespace];
await using cleanup = new AsyncDisposableStack();
// An end before the end leaves nothing behind either.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanup.disposeAsync().finally(() => process.exit(1)));
}
cleanup.defer(() => api.close());
for (const name of namespaces) {
  await api.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  cleanup.defer(async () => {
    await api.request({ method: 'DELETE', path: `/api/v1/namespaces/${name}` });
  });
}

const controlPlane = await startControlPlane(
  api,
  values.namespace,
  String(ca),
  new URL(credentials.server),
);
cleanup.defer(() => controlPlane.close());
const empty = await controlPlane.memory();
const making = performance.now();
await makeObjects(api, scale);
const madeSeconds = Math.round((performance.now() - making) / 1000);
await delay(5000);
const watched = await controlPlane.memory();

// A process that starts with the whole cluster there: what a restart costs.
await controlPlane.restartDestination();
await delay(5000);
const fresh = await controlPlane.memory();
const client = connectDestination(controlPlane);
cleanup.defer(() => client.close());

const firstAnswersMs: number[] = [];
for (let index = 0; index < changes; index++) {
  const startedAt = performance.now();
  const stream = client.get(serviceName(index % scale.services), scale.namespace);
  await stream.next();
  firstAnswersMs.push(performance.now() - startedAt);
  stream.close();
}

const alone = await measureChanges();
const streams = Array.from({ length: scale.services }, (_, index) =>
  client.get(serviceName(index), scale.namespace),
);
const openingAt = performance.now();
await Promise.all(streams.map((stream) => stream.next()));
const openedMs = performance.now() - openingAt;
const streaming = await controlPlane.memory();
const withAll = await measureChanges();
for (const stream of streams) stream.close();

const result = {
  services: scale.services,
  pods: scale.pods,
  madeSeconds,
  memoryMb: { empty, watchedGrowing: watched, fresh, withAStreamPerService: streaming },
  readyMs: controlPlane.readyMs(),
  firstAnswerMs: quantiles(firstAnswersMs),
  allStreamsOpenedMs: Math.round(openedMs),
  changeToWatcherMs: { oneStream: alone, aStreamPerService: withAll },
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);

/** From before the request that changes an EndpointSlice to the message at the watcher, and from the request's answer. */
async function measureChanges(): Promise<Record<string, ReturnType<typeof quantiles>>> {
  const fromRequest: number[] = [];
  const fromAnswer: number[] = [];
  const stream = client.get(serviceName(1), scale.namespace);
  await stream.next();
  for (let index = 0; index < changes; index++) {
    const told = stream.next().then(() => performance.now());
    const { sentAt, answeredAt } = await setReady(api, scale, 1, index % 2 === 1);
    const toldAt = await told;
    fromRequest.push(toldAt - sentAt);
    fromAnswer.push(Math.max(toldAt - answeredAt, 0));
  }
  stream.close();
  return { fromRequest: quantiles(fromRequest), fromAnswer: quantiles(fromAnswer) };
}

function quantiles(samples: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(
      (sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0) * 100,
    ) / 100;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
