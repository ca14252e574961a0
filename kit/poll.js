/** Waiting for what others bring about. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Patience
 * @property {number} [limitMs]
 * @property {number} [everyMs] the longest pause between two questions
 * @property {boolean} [toleratesErrors] a question that throws is asked again
 */

const FIRST_PAUSE_MS = 10;

/**
 * Asks until the answer is something, ever more rarely: many who wait at once must not be what the machine is busy with. Throws an
 * error that names what did not come true within the limit.
 * @template Answer
 * @param {string} what
 * @param {() => Answer | Promise<Answer>} ask
 * @param {Patience} [patience]
 * @returns {Promise<Exclude<Answer, null | undefined | false>>}
 */
export async function until(what, ask, { limitMs = 30_000, everyMs = 100, toleratesErrors = false } = {}) {
  const deadline = Date.now() + limitMs;
  /** @type {unknown} */
  let cause;
  for (let pause = Math.min(FIRST_PAUSE_MS, everyMs); ; pause = Math.min(everyMs, pause * 1.5)) {
    try {
      const answer = await ask();
      if (answer) return /** @type {Exclude<Answer, null | undefined | false>} */ (answer);
    } catch (error) {
      if (!toleratesErrors) throw error;
      cause = error;
    }
    if (Date.now() > deadline)
      throw new Error(`within ${limitMs} ms it did not come true that ${what}`, { cause });
    await sleep(pause);
  }
}

/**
 * What a GET answers, parsed where it is JSON; throws where it is no 2xx or takes two seconds.
 * @param {string} url
 * @returns {Promise<unknown>}
 */
export async function read(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body.slice(0, 300)}`);
  return body.startsWith('{') ? JSON.parse(body) : body;
}
