import { expect, it } from 'vitest';
import { crumbsOf } from './crumbs.ts';

const words = (pathname: string) => crumbsOf(pathname).map((crumb) => crumb.words);

it.each([
  ['/', ['Overview']],
  ['/ns/emojivoto', ['emojivoto']],
  ['/ns/emojivoto/deployment', ['emojivoto', 'deployments']],
  ['/ns/emojivoto/deployment/web', ['emojivoto', 'deployments', 'web']],
  ['/tap', ['Tap']],
  ['/tap/emojivoto/deployment/web', ['Tap', 'deploy/web']],
  ['/routes', ['Routes']],
  ['/routes/emojivoto/web-svc', ['Routes', 'emojivoto', 'web-svc']],
  ['/nowhere', ['Overview', 'Not found']],
])('%s stands at %s', (pathname, expected) => {
  expect(words(pathname)).toEqual(expected);
});

it('links every step that has a page, and not the page itself', () => {
  expect(crumbsOf('/ns/emojivoto/deployment/web').map((crumb) => crumb.href)).toEqual([
    '/ns/emojivoto',
    '/ns/emojivoto/deployment',
    null,
  ]);
});
