/** The time of the sandbox: the true time, moved forward by `/__sim/clock`. */
export class SimClock {
  #aheadMs = 0;

  get aheadMs(): number {
    return this.#aheadMs;
  }

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Unix seconds, as Stripe's objects have them. */
  now(): number {
    return Math.floor(this.nowMs() / 1_000);
  }

  set(aheadMs: number): void {
    this.#aheadMs = aheadMs;
  }
}
