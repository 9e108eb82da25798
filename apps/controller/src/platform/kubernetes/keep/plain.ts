/** An object of the client library's types as it comes in JSON: dates are text. */
export type Plain<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? readonly Plain<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;
