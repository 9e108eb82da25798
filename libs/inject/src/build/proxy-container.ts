import { IDENTITY_VOLUME, PROXY_CONTAINER, TOKEN_VOLUME } from '../annotations/names.ts';
import type { Container } from '../kubernetes/pod.ts';
import {
  IDENTITY_DIR,
  proxyEnvironment,
  TOKEN_DIR,
  type EnvironmentOptions,
} from './environment.ts';
import { INIT_PROGRAM } from './init-container.ts';
import { resourcesOf, unprivileged } from './security.ts';

/** The proxy as a container: a native sidecar (an init container that goes on) or a classic one. */
export function proxyContainer(options: EnvironmentOptions): Container {
  const { proxy } = options.settings;
  const { image, ports } = proxy;
  return {
    name: PROXY_CONTAINER,
    image: `${image.name}:${image.version}`,
    imagePullPolicy: image.pullPolicy,
    env: proxyEnvironment(options),
    ports: [
      { name: 'linkerd-proxy', containerPort: ports.inbound },
      { name: 'linkerd-admin', containerPort: ports.admin },
    ],
    livenessProbe: {
      httpGet: { path: '/live', port: ports.admin },
      initialDelaySeconds: 10,
      timeoutSeconds: 1,
    },
    readinessProbe: {
      httpGet: { path: '/ready', port: ports.admin },
      initialDelaySeconds: 2,
      timeoutSeconds: 1,
    },
    ...(proxy.nativeSidecar ? nativeSidecar(options) : classicSidecar(options)),
    ...resourcesOf(proxy.resources),
    securityContext: unprivileged(proxy.uid, proxy.gid),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: IDENTITY_VOLUME, mountPath: IDENTITY_DIR },
      { name: TOKEN_VOLUME, mountPath: TOKEN_DIR, readOnly: true },
    ],
  };
}

/** The kubelet starts the next container when the startup probe has passed, and ends this one after all others. */
function nativeSidecar({ settings }: EnvironmentOptions): Partial<Container> {
  const { proxy } = settings;
  if (!proxy.await) return { restartPolicy: 'Always' };
  return {
    restartPolicy: 'Always',
    startupProbe: {
      httpGet: { path: '/ready', port: proxy.ports.admin },
      periodSeconds: 1,
      failureThreshold: 120,
    },
  };
}

/** Containers start in their order, each after the postStart of the one before. */
function classicSidecar({ settings }: EnvironmentOptions): Partial<Container> {
  const { proxy } = settings;
  const lifecycle = {
    ...(proxy.await
      ? {
          postStart: {
            exec: {
              command: [INIT_PROGRAM, 'await', '--timeout=2m', `--port=${proxy.ports.admin}`],
            },
          },
        }
      : {}),
    ...(proxy.waitBeforeExitSeconds > 0
      ? { preStop: { sleep: { seconds: proxy.waitBeforeExitSeconds } } }
      : {}),
  };
  return Object.keys(lifecycle).length === 0 ? {} : { lifecycle };
}
