import type { PodSettings } from '../annotations/read-settings.ts';
import type { InjectInput } from '../inject-input.ts';
import type { Note } from './report.ts';

/** What a person should know about a pod that is injected all the same. */
export function notesOn(input: InjectInput, settings: PodSettings): Note[] {
  const notes: Note[] = [];
  const { pod, owner } = input;
  const containers = pod.spec?.containers ?? [];
  const udp = containers
    .flatMap((container) => container.ports ?? [])
    .filter(({ protocol }) => protocol === 'UDP')
    .map(({ containerPort }) => containerPort);
  if (udp.length > 0) {
    const message = `UDP port(s) configured on pod spec (${udp.join(', ')}): UDP goes past the proxy`;
    notes.push({ kind: 'udp_ports', message });
  }
  if (settings.withoutEffect.length > 0) {
    const message = `annotations without effect: ${settings.withoutEffect.join('; ')}`;
    notes.push({ kind: 'without_effect', message });
  }
  const endsByItself =
    pod.spec?.restartPolicy === 'Never' || owner?.kind === 'Job' || owner?.kind === 'CronJob';
  if (endsByItself && !settings.proxy.nativeSidecar) {
    const message =
      'a classic sidecar goes on after the job: have the job end with POST http://localhost:4191/shutdown (config.linkerd.io/proxy-admin-shutdown: enabled), or use a native sidecar';
    notes.push({ kind: 'job_outlived', message });
  }
  const { uid } = settings.proxy;
  const sharers = containers.filter(({ securityContext }) => securityContext?.runAsUser === uid);
  for (const { name } of sharers) {
    const message = `container ${name} runs as user ${uid}, the proxy’s own: what it sends goes past the proxy`;
    notes.push({ kind: 'proxy_user', message });
  }
  return notes;
}
