import type { RequestHead } from '../stack/http-service.ts';

/** A copy of a head for a request that has to wait: the codec's own is only valid until its next read. */
export function keepHead(head: RequestHead): RequestHead {
  const fields = head.fields();
  return {
    method: head.method,
    scheme: head.scheme,
    authority: head.authority,
    path: head.path,
    isGrpc: head.isGrpc,
    header: (name) => fields.find(([field]) => field === name)?.[1],
    fields: () => [...fields],
    keepFields: () => () => fields,
  };
}
