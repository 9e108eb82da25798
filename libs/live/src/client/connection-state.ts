/**
 * How the viewer is connected. `connecting`: never connected yet. `live`: what is shown is now. `stale`: it was
 * connected; what is shown is from before `sinceMs`. Times are milliseconds since the epoch of the viewer's clock.
 */
export type ConnectionState =
  | { readonly kind: 'connecting'; readonly sinceMs: number; readonly attempt: number }
  | {
      readonly kind: 'live';
      readonly sinceMs: number;
      /** How long it was stale before this connection; null for the first one. */
      readonly blindMs: number | null;
      /** Version of the controller. */
      readonly version: string;
      /** Add it to the viewer's clock to get the controller's. */
      readonly clockOffsetMs: number;
    }
  | { readonly kind: 'stale'; readonly sinceMs: number; readonly attempt: number }
  | { readonly kind: 'closed' };
