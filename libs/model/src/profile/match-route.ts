import { compilePathRegex } from './path-regex.ts';
import type { RequestMatchSpec, RouteSpec, ServiceProfileSpec } from './service-profile.ts';

/** Whether a request falls under a condition. `path` is without its query. */
export type RequestTest = (method: string, path: string) => boolean;

/** Gives the first route whose condition holds, null for none (Linkerd's `[DEFAULT]`). */
export type RouteMatcher = (method: string, path: string) => RouteSpec | null;

/** Compiles a profile's routes. A route whose pattern is not valid never matches; validation keeps those out. */
export function compileRoutes(spec: ServiceProfileSpec): RouteMatcher {
  const routes = spec.routes.map((route) => ({
    route,
    test: compileRequestMatch(route.condition),
  }));
  return (method, path) => routes.find(({ test }) => test(method, path))?.route ?? null;
}

/** {@link compileRoutes} for one question; keep the compiled matcher where there are many. */
export function matchRoute(
  spec: ServiceProfileSpec,
  method: string,
  path: string,
): RouteSpec | null {
  return compileRoutes(spec)(method, path);
}

/**
 * Compiles a condition. Its fields are joined by "and", as linkerd2's `toRequestMatch` does; `not` holds when its
 * condition does not; an empty condition matches nothing here (the validator refuses it).
 */
export function compileRequestMatch(match: RequestMatchSpec): RequestTest {
  const tests: RequestTest[] = [];
  if (match.method !== undefined) {
    const wanted = match.method.toUpperCase();
    tests.push((method) => method === wanted);
  }
  if (match.pathRegex !== undefined) {
    const compiled = compilePathRegex(match.pathRegex);
    tests.push(compiled.ok ? (_, path) => compiled.test(path) : () => false);
  }
  if (match.all !== undefined) {
    const all = match.all.map(compileRequestMatch);
    tests.push((method, path) => all.every((test) => test(method, path)));
  }
  if (match.any !== undefined) {
    const any = match.any.map(compileRequestMatch);
    tests.push((method, path) => any.some((test) => test(method, path)));
  }
  if (match.not !== undefined) {
    const not = compileRequestMatch(match.not);
    tests.push((method, path) => !not(method, path));
  }
  if (tests.length === 0) return () => false;
  return (method, path) => tests.every((test) => test(method, path));
}
