import {
  TulleError,
  validateServiceProfile,
  type PodRef,
  type ServiceProfileSpec,
  type ServiceRef,
  type StoredProfile,
  type VersionView,
} from '@tulle/model';
import { z } from 'zod';
import type { ChangeDoor } from '../changes/change-door.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import type { Views } from '../live/views.ts';
import type { Platform } from '../platform/platform.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import { onBehalfOf } from '../web/person.ts';
import type { WhoAsks } from '../web/who-asks.ts';
import type { RightsOf } from './rights.ts';
import { sessionRoutes } from './session-routes.ts';
import { planInject } from './inject-plan.ts';
import { bodyIn, numberIn, resourceIn, serviceIn, wordIn, workloadIn } from './read-request.ts';
import type { ApiAnswer, ApiRoute } from './router.ts';

export interface ApiDeps {
  readonly platform: Platform;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
  readonly door: ChangeDoor;
  readonly views: Views;
  readonly version: VersionView;
  readonly whoAsks: Pick<WhoAsks, 'ofToken'>;
  readonly rightsOf: RightsOf;
}

const SPEC = z.custom<ServiceProfileSpec>(
  (value) => typeof value === 'object' && value !== null,
  'spec must be an object',
);
const INJECT = z.object({ inject: z.enum(['enabled', 'disabled']) });
const SAVE = z.object({ baseVersion: z.number().int().min(0), spec: SPEC });
const VALIDATE = z.object({ spec: z.unknown() });
const MAX_RANGE_SECONDS = 7 * 24 * 3600;

const WORKLOAD = '/workloads/:namespace/:kind/:name';
const PROFILE = '/profiles/:namespace/:name';

/** All of libs/model's rest-api.ts. */
export function createApiRoutes(deps: ApiDeps): readonly ApiRoute[] {
  return [
    ...sessionRoutes(deps),
    ...readRoutes(deps),
    ...workloadRoutes(deps),
    ...profileRoutes(deps),
  ];
}

function readRoutes({ platform, changes, views, version }: ApiDeps): ApiRoute[] {
  return [
    { method: 'GET', path: '/version', isOpen: true, handle: () => json(version) },
    { method: 'GET', path: '/overview', handle: () => json(views.overview()) },
    { method: 'GET', path: '/map', handle: () => json(views.map()) },
    {
      method: 'GET',
      path: '/series',
      handle: async (request) => {
        const range = { min: 10, max: MAX_RANGE_SECONDS, otherwise: 900 };
        const rangeSeconds = numberIn(request, 'rangeSeconds', range);
        const step = { min: 1, max: 3600, otherwise: 5 };
        const stepSeconds = numberIn(request, 'stepSeconds', step);
        return json(await views.series(resourceIn(request), rangeSeconds, stepSeconds));
      },
    },
    {
      method: 'GET',
      path: '/changes',
      handle: (request) =>
        json(changes.recent(numberIn(request, 'limit', { min: 1, max: 1000, otherwise: 50 }))),
    },
    {
      method: 'GET',
      path: '/pods/:namespace/:name/log',
      handle: async (request) => {
        const pod: PodRef = { ...serviceIn(request), kind: 'pod' };
        const lines = numberIn(request, 'tailLines', { min: 1, max: 10_000, otherwise: 200 });
        const container = wordIn(request, 'container', ['app', 'proxy']);
        const as = onBehalfOf(request.person, 'read a log');
        return { kind: 'text', text: await platform.podLog(pod, container, lines, as) };
      },
    },
    {
      method: 'GET',
      path: '/services/:namespace/:name/routes',
      handle: (request) => {
        const service = serviceIn(request);
        return json(views.routes(service) ?? missing(service));
      },
    },
  ];
}

function workloadRoutes({ platform, door, views }: ApiDeps): ApiRoute[] {
  return [
    {
      method: 'GET',
      path: WORKLOAD,
      handle: (request) => {
        const workload = workloadIn(request);
        return json(views.workload(workload) ?? missing(workload));
      },
    },
    {
      method: 'GET',
      path: `${WORKLOAD}/why`,
      handle: (request) => {
        const workload = workloadIn(request);
        return json(views.why(workload) ?? missing(workload));
      },
    },
    {
      method: 'GET',
      path: `${WORKLOAD}/inject-plan`,
      handle: (request) => {
        const workload = workloadIn(request);
        const to = wordIn(request, 'to', ['enabled', 'disabled']);
        return json(planInject(platform.state(), views.workload(workload), workload, to));
      },
    },
    {
      method: 'PUT',
      path: `${WORKLOAD}/inject`,
      handle: async (request) => {
        const workload = workloadIn(request);
        const { inject } = await bodyIn(request, INJECT);
        const rollout = await door.setInject(workload, inject, request.person);
        return { kind: 'json', status: 202, value: { rollout, firstRequestAtMs: null } };
      },
    },
    {
      method: 'POST',
      path: `${WORKLOAD}/restart`,
      handle: async (request) => {
        const rollout = await door.restart(workloadIn(request), request.person);
        return { kind: 'json', status: 202, value: { rollout, firstRequestAtMs: null } };
      },
    },
  ];
}

function profileRoutes({ platform, profiles, door }: ApiDeps): ApiRoute[] {
  function known(service: ServiceRef): ServiceRef {
    const found = platform
      .state()
      .services.some(({ ref }) => ref.namespace === service.namespace && ref.name === service.name);
    return found ? service : missing(service);
  }
  return [
    {
      method: 'GET',
      path: PROFILE,
      handle: (request) => {
        const service = serviceIn(request);
        return json(profiles.get(service) ?? emptyProfile(known(service)));
      },
    },
    {
      method: 'PUT',
      path: PROFILE,
      handle: async (request) => {
        const service = known(serviceIn(request));
        const { baseVersion, spec } = await bodyIn(request, SAVE);
        return json(await door.saveProfile(service, spec, baseVersion, request.person));
      },
    },
    {
      method: 'DELETE',
      path: PROFILE,
      handle: async (request) => {
        const range = { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 };
        await door.removeProfile(
          serviceIn(request),
          numberIn(request, 'baseVersion', range),
          request.person,
        );
        return { kind: 'empty' };
      },
    },
    {
      method: 'POST',
      path: `${PROFILE}/validate`,
      handle: async (request) => {
        const { spec } = await bodyIn(request, VALIDATE);
        return json({ issues: validateServiceProfile(spec) });
      },
    },
  ];
}

function json(value: unknown): ApiAnswer {
  return { kind: 'json', status: 200, value };
}

function missing({
  kind,
  name,
  namespace,
}: {
  kind: string;
  name: string;
  namespace: string;
}): never {
  throw new TulleError('not_found', `There is no ${kind} ${name} in namespace ${namespace}.`);
}

function emptyProfile(service: ServiceRef): StoredProfile {
  const { namespace, name } = service;
  return { namespace, service: name, version: 0, spec: { routes: [] }, savedAtMs: 0, savedBy: '' };
}
