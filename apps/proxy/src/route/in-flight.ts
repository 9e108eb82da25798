/** Requests under way in one direction. Past the limit load is shed: refused at once instead of queued. */
export class InFlight {
  count = 0;
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }
}
