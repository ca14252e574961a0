/** The shop's own state of the test order, read at the address that --probe names. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchFailure } from '../../lib/root-of.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { fetchTarget } from '../../lib/url-credentials.ts';

const LIMIT_MS = 15_000;
const CHANGES_WITHIN_MS = 5_000;
const PAUSE_MS = 100;

export class Probe {
  readonly #url: string;

  /** `{reference}` in the address stands for the order. */
  constructor(address: string, reference: string) {
    this.#url = address.replaceAll('{reference}', encodeURIComponent(reference));
  }

  /** The status and the state; the order of fields in JSON does not matter. @throws ProbeFailed */
  async read(): Promise<string> {
    const { url, authorization } = fetchTarget(this.#url);
    const headers = { accept: 'application/json, text/*', ...(authorization !== null && { authorization }) };
    const { status, text } = await withTimeLimit(LIMIT_MS, [], async (signal) => {
      const answer = await fetch(url, { headers, signal, redirect: 'manual' });
      return { status: answer.status, text: await answer.text() };
    }).catch((error: unknown) => {
      throw new ProbeFailed(`the probe gave no answer (${fetchFailure(error)})`);
    });
    if (status >= 500) throw new ProbeFailed(`the probe answered ${status}`);
    return `${status} ${normalised(text)}`;
  }

  /** The state as soon as it differs from this one, or after five seconds. @throws ProbeFailed */
  async readChanged(before: string): Promise<string> {
    const end = Date.now() + CHANGES_WITHIN_MS;
    for (;;) {
      const now = await this.read();
      if (now !== before || Date.now() > end) return now;
      await sleep(PAUSE_MS);
    }
  }
}

export class ProbeFailed extends Error {
  override readonly name = 'ProbeFailed';
}

function normalised(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) => sorted(value));
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** The beginning of a state, for a person. */
export function shortly(state: string): string {
  const line = state.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}
