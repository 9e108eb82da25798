export interface SuccessRateOptions {
  /** Below this share of successes, 0 to 1, the rate is too low. */
  readonly threshold: number;
  /** Answers are remembered this long, milliseconds. */
  readonly windowMs: number;
  /** With fewer answers in the window the rate says nothing. */
  readonly minRequests: number;
}

const BUCKETS = 10;

/** The share of successes among an endpoint's latest answers, in ten buckets that fall away one by one. */
export class SuccessRate {
  readonly #options: SuccessRateOptions;
  readonly #bucketMs: number;
  readonly #successes = new Float64Array(BUCKETS);
  readonly #answers = new Float64Array(BUCKETS);
  #bucket = 0;

  constructor(options: SuccessRateOptions) {
    this.#options = options;
    this.#bucketMs = options.windowMs / BUCKETS;
  }

  /** Takes one answer in, and says whether the rate is too low now. @param nowMs monotonic. */
  isTooLow(isSuccess: boolean, nowMs: number): boolean {
    this.#turnTo(Math.floor(nowMs / this.#bucketMs));
    const at = this.#bucket % BUCKETS;
    this.#answers[at]! += 1;
    if (isSuccess) this.#successes[at]! += 1;
    let answers = 0;
    let successes = 0;
    for (let index = 0; index < BUCKETS; index++) {
      answers += this.#answers[index]!;
      successes += this.#successes[index]!;
    }
    const { threshold, minRequests } = this.#options;
    return answers >= minRequests && successes / answers < threshold;
  }

  forget(): void {
    this.#answers.fill(0);
    this.#successes.fill(0);
  }

  #turnTo(bucket: number): void {
    const passed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let step = 1; step <= passed; step++) {
      const at = (bucket - passed + step) % BUCKETS;
      this.#answers[at] = 0;
      this.#successes[at] = 0;
    }
    this.#bucket = bucket;
  }
}
