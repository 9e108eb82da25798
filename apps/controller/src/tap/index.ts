export { createConnectObserve } from './observe-client.ts';
export type { ConnectObserve, TapCredentials, TapCredentialsSource } from './observe-client.ts';
export { createPathSampler } from './path-sampler.ts';
export type { PathSampler, SeenRequest } from './path-sampler.ts';
export { createPeerNames } from './peer-names.ts';
export type { PeerNames } from './peer-names.ts';
export { plainReason } from './plain-reason.ts';
export { createTapHub } from './tap-hub.ts';
export type { TapHub, TapHubStats, TapListener, TapRequest } from './tap-hub.ts';
