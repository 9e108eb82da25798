/** A policy that cannot be understood: everything it governs is answered 500 and the log says why (linkerd2-proxy: "invalid"). */
export class PolicyFault extends Error {
  /** @param message what is wrong, as a clause: `a filter is of no known kind`. */
  constructor(message: string) {
    super(message);
    this.name = 'PolicyFault';
  }
}
