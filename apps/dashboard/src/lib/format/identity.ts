/** `web.emojivoto` of `web.emojivoto.serviceaccount.identity.tulle.cluster.local`. */
export function shortIdentity(identity: string): string {
  return identity.split('.serviceaccount.')[0] ?? identity;
}
