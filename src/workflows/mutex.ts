/** Runs one thing at a time, in the order of arrival: no finding is recorded while a cancel is in flight. */
export class Mutex {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Whether something is running or waiting. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      this.#waiting -= 1;
    }
  }
}
