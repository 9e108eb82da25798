import { TulleError, type MeView } from '@tulle/model';
import { z } from 'zod';
import type { Person } from '../web/person.ts';
import { cookieOf } from '../web/session-cookie.ts';
import type { WhoAsks } from '../web/who-asks.ts';
import { bodyIn } from './read-request.ts';
import type { RightsOf } from './rights.ts';
import type { ApiRoute } from './router.ts';

export interface SessionDeps {
  readonly whoAsks: Pick<WhoAsks, 'ofToken'>;
  readonly rightsOf: RightsOf;
}

const SIGN_IN = z.object({ token: z.string().trim().min(1).max(16_384) });

/** Who is asking, signing in and out, and what they may do. */
export function sessionRoutes({ whoAsks, rightsOf }: SessionDeps): ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/me',
      isOpen: true,
      handle: ({ person }) => ({ kind: 'json', status: 200, value: meOf(person) }),
    },
    {
      method: 'PUT',
      path: '/session',
      isOpen: true,
      handle: async (request) => {
        const { token } = await bodyIn(request, SIGN_IN);
        const person = await whoAsks.ofToken(token);
        if (person.refused !== null) throw new TulleError('unauthenticated', person.refused);
        const headers = { 'set-cookie': cookieOf(token, request.isSecure) };
        return { kind: 'json', status: 200, value: meOf(person), headers };
      },
    },
    {
      method: 'DELETE',
      path: '/session',
      isOpen: true,
      handle: ({ isSecure }) => ({
        kind: 'empty',
        headers: { 'set-cookie': cookieOf('', isSecure) },
      }),
    },
    {
      method: 'GET',
      path: '/rights/:namespace',
      handle: async ({ person, params }) => ({
        kind: 'json',
        status: 200,
        value: await rightsOf(person, params['namespace'] ?? ''),
      }),
    },
  ];
}

function meOf({ name, kind, groups, refused }: Person): MeView {
  return { name, kind, groups, refused };
}
