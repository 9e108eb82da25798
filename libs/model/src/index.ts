export * from './errors/tulle-error.ts';
export * from './resource/resource-ref.ts';
export * from './metrics/golden-metrics.ts';
export * from './tap/tap-exchange.ts';
export * from './platform/platform-state.ts';
export * from './platform/runtime-api.ts';
export * from './profile/service-profile.ts';
export * from './views/views.ts';
