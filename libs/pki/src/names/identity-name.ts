/** The parts of a mesh identity (Linkerd: `<sa>.<ns>.serviceaccount.identity.<control plane ns>.<trust domain>`). */
export interface IdentityName {
  readonly serviceAccount: string;
  readonly namespace: string;
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
}

const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
/** Namespaces are DNS labels; service accounts and trust domains are DNS names and may hold dots. */
const NAME = `${LABEL}(?:\\.${LABEL})*`;
const IDENTITY = new RegExp(
  `^(${NAME})\\.(${LABEL})\\.serviceaccount\\.identity\\.(${LABEL})\\.(${NAME})$`,
);
/** RFC 1035 2.3.4, in text form. */
const MAX_NAME_LENGTH = 253;

/** The name as it stands in certificates. Does not check the parts; {@link parseIdentityName} does. */
export function formatIdentityName(name: IdentityName): string {
  return `${name.serviceAccount}.${name.namespace}.serviceaccount.identity.${name.controlPlaneNamespace}.${name.trustDomain}`;
}

/** The parts of a name, or null when it is not a service account's identity in lower-case DNS form. */
export function parseIdentityName(text: string): IdentityName | null {
  if (text.length > MAX_NAME_LENGTH) return null;
  const match = IDENTITY.exec(text);
  if (match === null) return null;
  const [, serviceAccount = '', namespace = '', controlPlaneNamespace = '', trustDomain = ''] =
    match;
  return { serviceAccount, namespace, controlPlaneNamespace, trustDomain };
}
