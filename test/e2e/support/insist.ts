/** Whoever gets no answer asks again: nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './http.ts';
import { askToOpen, type Changes, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';

const ASKS_FOR_MS = 150_000;

/** Asks while nobody answers or the answer is "not now". @throws Error with the last answer */
export async function insist(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + ASKS_FOR_MS;
  for (;;) {
    const answer = await ask().catch((error: unknown) => String(error));
    if (typeof answer !== 'string' && answer.status < 500) return answer;
    if (Date.now() > deadline)
      throw new Error(`${what}: in vain for ${ASKS_FOR_MS} ms, ${inWords(answer)} at last`);
    await sleep(250);
  }
}

function inWords(answer: Answer | string): string {
  return typeof answer === 'string' ? answer : `${answer.status} ${JSON.stringify(answer.body)}`;
}

/** @throws Error with the answer when it is refused */
export async function insistOnOpening(
  stack: Stack,
  orderReference: string,
  changes: Changes = {},
): Promise<Opened> {
  const { status, body } = await insist(`the opening of ${orderReference}`, () =>
    askToOpen(stack, orderReference, changes),
  );
  if (status > 201) throw new Error(`opening ${orderReference}: ${status} ${JSON.stringify(body)}`);
  return body as Opened;
}
