import {
  isWorkloadKind,
  refOf,
  TulleError,
  type ResourceRef,
  type ServiceRef,
  type TapExchange,
  type WorkloadRef,
} from '@tulle/model';
import type { TapParams } from '@tulle/live';
import type { LiveTopics, LiveViewer, StateSource, StreamSource } from '@tulle/live/server';
import { z } from 'zod';
import { readValue } from '../schema/read-value.ts';
import { seriesStream } from './series-stream.ts';
import type { ViewDeps } from './view-deps.ts';
import type { Views } from './views.ts';

const MAX_RANGE_SECONDS = 7 * 24 * 3600;
const MAX_FILTER_CHARS = 2000;
const KEEP_TAP_ROWS = 1000;
/** A series is rebuilt from the store for whoever comes later; nothing is kept twice. */
const KEEP_SERIES_ROWS = 2000;

const WORKLOAD = z.object({ workload: z.string().max(600) });
const SERVICE = z.object({ service: z.string().max(600) });
const SERIES = z.object({
  resource: z.string().max(600),
  rangeSeconds: z.number().int().min(10).max(MAX_RANGE_SECONDS),
  stepSeconds: z.number().int().min(1).max(3600),
});
const TAP = z.object({
  resource: z.string().max(600),
  filter: z.string().max(MAX_FILTER_CHARS),
  maxPerSecond: z.number().int().min(1).max(1000).optional(),
  bodies: z.boolean().optional(),
});

export interface TopicDeps {
  readonly views: Views;
  readonly viewDeps: ViewDeps;
  /** Called when any view may have changed. Gives the function that stops it. */
  readonly onChange: (listener: () => void) => () => void;
  readonly openTap: (params: TapParams, viewer: LiveViewer) => StreamSource<TapExchange>;
}

/** Everything a viewer can subscribe to. */
export function createTopics({ views, viewDeps, onChange, openTap }: TopicDeps): LiveTopics {
  const { metrics } = viewDeps;
  function state<Data>(current: () => Data): StateSource<Data> {
    return { current, onChange };
  }
  /** While it is open, somebody looks at the workload, or at everything. */
  function attended<Data>(workload: WorkloadRef | null, current: () => Data): StateSource<Data> {
    return {
      current,
      onChange(listener) {
        const leave = metrics.attend(workload);
        const stop = onChange(listener);
        return () => {
          stop();
          leave();
        };
      },
    };
  }
  return {
    overview: {
      parse: () => ({}),
      open: () => attended(null, () => views.overview()),
    },
    map: {
      parse: () => ({}),
      open: () => state(() => views.map()),
    },
    workload: {
      parse: (params) => read(WORKLOAD, params),
      open: ({ workload }) => {
        const ref = workloadOf(workload);
        return attended(ref, () => views.workload(ref) ?? gone(ref));
      },
    },
    why: {
      parse: (params) => read(WORKLOAD, params),
      open: ({ workload }) => {
        const ref = workloadOf(workload);
        return state(() => views.why(ref) ?? gone(ref));
      },
    },
    rollout: {
      parse: (params) => read(WORKLOAD, params),
      open: ({ workload }) => {
        const ref = workloadOf(workload);
        return attended(ref, () => views.rollout(ref));
      },
    },
    routes: {
      parse: (params) => read(SERVICE, params),
      open: ({ service }) => {
        const ref = serviceOf(service);
        return state(() => views.routes(ref) ?? gone(ref));
      },
    },
    series: {
      parse: (params) => read(SERIES, params),
      open: (params) => seriesStream(metrics, refOf(params.resource), params),
      keepRows: KEEP_SERIES_ROWS,
    },
    tap: {
      parse: (params) => {
        const { maxPerSecond, bodies, ...rest } = read(TAP, params);
        return {
          ...rest,
          ...(maxPerSecond !== undefined && { maxPerSecond }),
          ...(bodies !== undefined && { bodies }),
        };
      },
      open: openTap,
      isPersonal: true,
      keepRows: KEEP_TAP_ROWS,
    },
  };
}

function read<T>(schema: z.ZodType<T>, params: unknown): T {
  return readValue(schema, params, 'The subscription is not as it should be.');
}

function workloadOf(key: string): WorkloadRef {
  const { kind, namespace, name } = refOf(key);
  if (!isWorkloadKind(kind))
    throw new TulleError('invalid_argument', `"${key}" is not a workload; it is a ${kind}.`);
  return { kind, namespace, name };
}

function serviceOf(key: string): ServiceRef {
  const { kind, namespace, name } = refOf(key);
  if (kind !== 'service')
    throw new TulleError('invalid_argument', `"${key}" is not a service; it is a ${kind}.`);
  return { kind, namespace, name };
}

function gone({ kind, name, namespace }: ResourceRef): never {
  throw new TulleError('not_found', `There is no ${kind} ${name} in namespace ${namespace}.`);
}
