export { isDecidedAtBegin, isDecidedAtEnd, isDecidedByProxy } from './decided-by-proxy.ts';
export { FILTER_KEY_SPECS, type FilterKeySpec, type ValueShape } from './filter-keys.ts';
export { formatFilter, formatTerm, quoteFilterValue } from './format-filter.ts';
export { EMPTY_FILTER, MAX_FILTER_CHARS, parseFilter } from './parse-filter.ts';
export { type FilterSuggestion, suggestFilter } from './suggest-filter.ts';
export {
  type CompareOp,
  FILTER_KEYS,
  type FilterIssue,
  type FilterKey,
  type FilterTerm,
  type FilterValue,
  matchesFilter,
  type ParsedFilter,
  type TapFilter,
} from './tap-filter.ts';
