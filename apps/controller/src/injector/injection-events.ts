/** Says on the owner of a pod what became of it, for `kubectl describe`. Beside the answer, never in its way. */
import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { OwnerReference } from './find-owner.ts';

export interface InjectionEvent {
  readonly owner: OwnerReference;
  readonly namespace: string;
  readonly reason: 'Injected' | 'InjectionSkipped';
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

export interface InjectionEvents {
  /** Sends it soon; the same again within a minute, or more than fit, is dropped. */
  record(event: InjectionEvent): void;
  /** How many were dropped because the API server took them too slowly. */
  dropped(): number;
}

export interface EventOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly log: Logger;
  readonly now: () => number;
}

const MAX_UNDER_WAY = 50;
/** A Deployment of a hundred replicas is one story. */
const SAME_WITHIN_MS = 60_000;
const MAX_REMEMBERED = 2000;
/** What the API server takes. */
const MAX_MESSAGE_CHARS = 1024;
const COMPONENT = 'tulle-proxy-injector';

export function injectionEvents({ api, log, now }: EventOptions): InjectionEvents {
  const said = new Map<string, number>();
  let underWay = 0;
  let dropped = 0;

  function isNew({ owner, reason, message }: InjectionEvent): boolean {
    const key = `${owner.uid} ${reason} ${message}`;
    const last = said.get(key);
    if (last !== undefined && now() - last < SAME_WITHIN_MS) return false;
    if (said.size >= MAX_REMEMBERED) said.clear();
    said.set(key, now());
    return true;
  }

  async function send(event: InjectionEvent): Promise<void> {
    underWay += 1;
    try {
      const path = `/api/v1/namespaces/${event.namespace}/events`;
      await api.request({ method: 'POST', path, body: toObject(event, new Date(now())) });
    } catch (error) {
      log.warn({ error, owner: event.owner.name }, 'an event could not be recorded');
    } finally {
      underWay -= 1;
    }
  }

  return {
    record(event) {
      if (!isNew(event)) return;
      if (underWay < MAX_UNDER_WAY) void send(event);
      else dropped += 1;
    },
    dropped: () => dropped,
  };
}

function toObject(event: InjectionEvent, at: Date): object {
  const { owner, namespace, reason, type, message } = event;
  const time = at.toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${owner.name.slice(0, 200)}.`, namespace },
    involvedObject: {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.name,
      uid: owner.uid,
      namespace,
    },
    reason,
    type,
    message: message.slice(0, MAX_MESSAGE_CHARS),
    source: { component: COMPONENT },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
