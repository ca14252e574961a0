import { createHash, randomBytes } from 'node:crypto';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Ids in Stripe's form. The same seed gives the same ids in the same order. */
export class StripeIds {
  #seed: string;
  #count = 0;

  constructor(seed: string | undefined) {
    this.#seed = seed ?? randomBytes(16).toString('hex');
  }

  get state(): { readonly seed: string; readonly count: number } {
    return { seed: this.#seed, count: this.#count };
  }

  /** Begins again with a seed, or continues one after a restart. */
  restart(seed: string | undefined, count = 0): void {
    this.#seed = seed ?? randomBytes(16).toString('hex');
    this.#count = count;
  }

  /** `prefix` and letters up to Stripe's usual length, such as `pi_3…` with 24 characters. */
  next(prefix: string, length = 24): string {
    this.#count += 1;
    let letters = '';
    for (let block = 0; letters.length < length; block++) letters += this.#letters(block);
    return `${prefix}${letters.slice(0, length)}`;
  }

  #letters(block: number): string {
    const digest = createHash('sha256').update(`${this.#seed} ${this.#count} ${block}`).digest();
    return [...digest].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('');
  }
}

/** The id of a request. Requests happen in any order, so that no seed sets it. */
export function requestId(): string {
  return `req_${[...randomBytes(14)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('')}`;
}
