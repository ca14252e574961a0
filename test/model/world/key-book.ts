/** The answers that a PSP keeps by idempotency key: a repeated request has one effect. */

/** As long as Stripe keeps them. We count on an hour less. */
export const KEPT_MS = 24 * 3_600_000;

interface Kept<Answer> {
  readonly body: string;
  readonly answer: Answer;
  readonly at: number;
}

export class KeyBook<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();

  /** The kept answer; `other request` where the key came with another body. */
  find(key: string, body: string, now: number): Answer | 'other request' | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || now - kept.at >= KEPT_MS) return undefined;
    return kept.body === body ? kept.answer : 'other request';
  }

  keep(key: string, kept: Kept<Answer>): void {
    this.#kept.set(key, kept);
  }
}
