/** Waits for conditions. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Patience
 * @property {number} [limitMs]
 * @property {number} [everyMs] the longest pause between two calls
 * @property {boolean} [toleratesErrors] a call that throws is repeated
 */

const FIRST_PAUSE_MS = 10;

/**
 * Calls `ask` until its answer is truthy, at growing intervals: many waiting processes must not load the
 * machine. Throws an error that names the condition that was not met within the limit.
 * @template Answer
 * @param {string} what
 * @param {() => Answer | Promise<Answer>} ask
 * @param {Patience} [patience]
 * @returns {Promise<Exclude<Answer, null | undefined | false>>}
 */
export async function until(what, ask, { limitMs = 30_000, everyMs = 100, toleratesErrors = false } = {}) {
  const deadline = performance.now() + limitMs;
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
    if (performance.now() > deadline)
      throw new Error(`this did not become true within ${limitMs} ms: ${what}`, { cause });
    await sleep(pause);
  }
}

/**
 * The answer to a GET, parsed where it is JSON. Throws where the status is not 2xx, or after two seconds.
 * @param {string} url
 * @returns {Promise<unknown>}
 */
export async function read(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body.slice(0, 300)}`);
  return body.startsWith('{') ? JSON.parse(body) : body;
}
