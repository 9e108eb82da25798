import { create } from '@bufbuild/protobuf';
import type { InstanceState } from '@tulle/model';
import { TapEvent_EndpointMetaSchema, TapEvent_ProxyDirection } from '@tulle/proxy-api';
import type { TapEvent, TapEvent_Http } from '@tulle/proxy-api';
import { labelOfKind } from '../metrics/workload-labels.ts';

type Headers = Extract<TapEvent_Http['event'], { case: 'requestInit' }>['value']['headers'];

/**
 * Makes a proxy's event one of the tap API's, in place: says which pod the proxy's own end is (a proxy only knows the
 * other end's labels), and leaves out header values that are no UTF-8, since readers take them for text.
 */
export function completeEvent(event: TapEvent, { ref, workload }: InstanceState): TapEvent {
  const isOutbound = event.proxyDirection === TapEvent_ProxyDirection.OUTBOUND;
  const side = isOutbound ? 'sourceMeta' : 'destinationMeta';
  const meta = (event[side] ??= create(TapEvent_EndpointMetaSchema));
  meta.labels['namespace'] = ref.namespace;
  meta.labels['pod'] = ref.name;
  meta.labels[labelOfKind(workload.kind)] = workload.name;
  const http = event.event.value?.event;
  if (http?.case === 'requestInit' || http?.case === 'responseInit') keepText(http.value.headers);
  if (http?.case === 'responseEnd') keepText(http.value.trailers);
  return event;
}

function keepText(headers: Headers): void {
  if (headers === undefined) return;
  headers.headers = headers.headers.filter(({ value }) => isText(value));
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function isText(value: Uint8Array): boolean {
  try {
    decoder.decode(value);
    return true;
  } catch {
    return false;
  }
}
