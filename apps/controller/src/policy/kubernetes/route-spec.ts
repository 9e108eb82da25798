/** HTTPRoute and GRPCRoute as far as they are obeyed: gateway.networking.k8s.io v1, and policy.linkerd.io v1beta3 after it. */
export interface RouteParent {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Of a Service; null for all its ports. */
  readonly port: number | null;
}

export interface StringMatchSpec {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

export interface HeaderModifierSpec {
  readonly add?: readonly { readonly name: string; readonly value: string }[];
  readonly set?: readonly { readonly name: string; readonly value: string }[];
  readonly remove?: readonly string[];
}

export interface RedirectSpec {
  readonly scheme?: string;
  readonly hostname?: string;
  readonly port?: number;
  readonly statusCode?: number;
  readonly path?: {
    readonly type: string;
    readonly replaceFullPath?: string;
    readonly replacePrefixMatch?: string;
  };
}

export interface FilterSpec {
  readonly type: string;
  readonly requestHeaderModifier?: HeaderModifierSpec;
  readonly responseHeaderModifier?: HeaderModifierSpec;
  readonly requestRedirect?: RedirectSpec;
}

export interface BackendSpec {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly weight?: number;
  readonly filters?: readonly FilterSpec[];
}

export interface TimeoutSpec {
  readonly request?: string;
  readonly backendRequest?: string;
}

export interface HttpMatchSpec {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly headers?: readonly StringMatchSpec[];
  readonly queryParams?: readonly StringMatchSpec[];
  readonly method?: string;
}

export interface GrpcMatchSpec {
  readonly method?: { readonly type?: string; readonly service?: string; readonly method?: string };
  readonly headers?: readonly StringMatchSpec[];
}

export interface RuleSpec<Match> {
  readonly matches?: readonly Match[];
  readonly filters?: readonly FilterSpec[];
  readonly backendRefs?: readonly BackendSpec[];
  readonly timeouts?: TimeoutSpec;
}

export interface HttpRouteSpec {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly RuleSpec<HttpMatchSpec>[];
}
export interface GrpcRouteSpec {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly RuleSpec<GrpcMatchSpec>[];
}
