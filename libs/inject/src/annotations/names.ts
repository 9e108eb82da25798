/** Annotations and labels as Linkerd names them. */
export const INJECT = 'linkerd.io/inject';
/** Everything a person may set for the proxy is under it; `config.alpha.` and `config.beta.` are older forms. */
export const CONFIG_PREFIX = 'config.linkerd.io/';
export const OPAQUE_PORTS = 'config.linkerd.io/opaque-ports';
export const CREATED_BY = 'linkerd.io/created-by';
export const PROXY_VERSION = 'linkerd.io/proxy-version';
export const TRUST_ROOT_SHA256 = 'linkerd.io/trust-root-sha256';
export const CONTROL_PLANE_NS = 'linkerd.io/control-plane-ns';
export const WORKLOAD_NS = 'linkerd.io/workload-ns';
export const TAP_ENABLED = 'viz.linkerd.io/tap-enabled';
export const DISABLE_TAP = 'viz.linkerd.io/disable-tap';

export const PROXY_CONTAINER = 'linkerd-proxy';
export const INIT_CONTAINER = 'linkerd-init';
export const VALIDATOR_CONTAINER = 'linkerd-network-validator';
export const IDENTITY_VOLUME = 'linkerd-identity-end-entity';
export const TOKEN_VOLUME = 'linkerd-identity-token';
export const XTABLES_VOLUME = 'linkerd-proxy-init-xtables-lock';
