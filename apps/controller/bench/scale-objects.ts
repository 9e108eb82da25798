import type { KubernetesApi } from '../src/kubernetes/kubernetes-api.ts';

/** Objects of a big cluster, without anything that runs: nobody schedules the pods, and their status is written here. */
export interface ScaleObjects {
  readonly namespace: string;
  readonly services: number;
  readonly pods: number;
}

const MAX_IN_FLIGHT = 24;
/** ServiceAccount, label and annotation sizes are those of an injected pod. */
const PROXY_ENV = Array.from({ length: 30 }, (_, index) => ({
  name: `LINKERD2_PROXY_SETTING_${index}`,
  value: 'tulle-destination.tulle.svc.cluster.local.:8086',
}));

export function serviceName(index: number): string {
  return `svc-${index}`;
}

export function podIp(index: number): string {
  return `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}

/** Makes them all; about 14,000 requests for 2,000 Services and 5,000 Pods. */
export async function makeObjects(api: KubernetesApi, scale: ScaleObjects): Promise<void> {
  await inParallel(scale.pods, (index) => makePod(api, scale, index));
  await inParallel(scale.services, (index) => makeService(api, scale, index));
}

async function makePod(api: KubernetesApi, scale: ScaleObjects, index: number): Promise<void> {
  const path = `/api/v1/namespaces/${scale.namespace}/pods`;
  const name = `pod-${index}`;
  await api.request({
    method: 'POST',
    path,
    body: {
      metadata: {
        name,
        labels: {
          app: serviceName(index % scale.services),
          'pod-template-hash': '6d4f8b9c7d',
          'linkerd.io/control-plane-ns': 'tulle',
          'linkerd.io/workload-ns': scale.namespace,
          'linkerd.io/proxy-deployment': serviceName(index % scale.services),
        },
        annotations: { 'linkerd.io/proxy-version': '0.1.0', 'linkerd.io/inject': 'enabled' },
      },
      spec: {
        schedulerName: 'nobody',
        containers: [
          { name: 'app', image: 'app', ports: [{ name: 'http', containerPort: 8080 }] },
          {
            name: 'linkerd-proxy',
            image: 'proxy',
            env: PROXY_ENV,
            ports: [
              { name: 'linkerd-proxy', containerPort: 4143 },
              { name: 'linkerd-admin', containerPort: 4191 },
            ],
          },
        ],
      },
    },
  });
  const at = new Date().toISOString();
  await api.request({
    method: 'PATCH',
    path: `${path}/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: {
      status: {
        phase: 'Running',
        podIP: podIp(index),
        podIPs: [{ ip: podIp(index) }],
        startTime: at,
        conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
          type,
          status: 'True',
          lastTransitionTime: at,
        })),
        containerStatuses: ['app', 'linkerd-proxy'].map((container) => ({
          name: container,
          image: container,
          imageID: container,
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: at } },
        })),
      },
    },
  });
}

async function makeService(api: KubernetesApi, scale: ScaleObjects, index: number): Promise<void> {
  const name = serviceName(index);
  await api.request({
    method: 'POST',
    path: `/api/v1/namespaces/${scale.namespace}/services`,
    body: {
      metadata: { name },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
  });
  await api.request({
    method: 'POST',
    path: `/apis/discovery.k8s.io/v1/namespaces/${scale.namespace}/endpointslices`,
    body: {
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: endpointsOf(scale, index, true),
    },
  });
}

/** Makes every endpoint of a service ready or not, and says when that was asked for and answered. */
export async function setReady(
  api: KubernetesApi,
  scale: ScaleObjects,
  service: number,
  isReady: boolean,
): Promise<{ readonly sentAt: number; readonly answeredAt: number }> {
  const name = `${serviceName(service)}-1`;
  const sentAt = performance.now();
  await api.request({
    method: 'PATCH',
    path: `/apis/discovery.k8s.io/v1/namespaces/${scale.namespace}/endpointslices/${name}`,
    contentType: 'application/merge-patch+json',
    body: { endpoints: endpointsOf(scale, service, isReady) },
  });
  return { sentAt, answeredAt: performance.now() };
}

function endpointsOf(scale: ScaleObjects, service: number, isReady: boolean): object[] {
  const pods: object[] = [];
  for (let pod = service; pod < scale.pods; pod += scale.services) {
    pods.push({
      addresses: [podIp(pod)],
      conditions: { ready: isReady, serving: isReady, terminating: false },
      targetRef: { kind: 'Pod', name: `pod-${pod}`, namespace: scale.namespace },
    });
  }
  return pods;
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, worker));
}
