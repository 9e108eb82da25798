export { formatGoDuration, parseGoDuration } from './go-duration.ts';
export { type DiffLine, diffLines } from './line-diff.ts';
export {
  compileRequestMatch,
  compileRoutes,
  matchRoute,
  type RequestTest,
  type RouteMatcher,
} from './match-route.ts';
export { isRegexText, pathPatternToRegex, regexToPathPattern } from './path-pattern.ts';
export { type CompiledPathRegex, compilePathRegex, MAX_PATH_REGEX_CHARS } from './path-regex.ts';
export { type ProfileName, profileToYaml, specToYamlLines } from './profile-yaml.ts';
export type { RegexFault } from './regex-syntax.ts';
export type { RegexTest } from './regex-matcher.ts';
export type * from './service-profile.ts';
export { MAX_ROUTES, validateServiceProfile } from './validate-profile.ts';
