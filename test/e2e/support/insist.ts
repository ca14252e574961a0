/** A client that gets no answer asks again: nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './http.ts';
import { askToOpen, type Changes, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';

const ASKS_FOR_MS = 150_000;

/** Tries until it succeeds. @throws Error with the last failure */
export async function persist<Result>(what: string, attempt: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + ASKS_FOR_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`${what}: no success for ${ASKS_FOR_MS} ms, last error: ${String(error)}`, {
          cause: error,
        });
      await sleep(250);
    }
  }
}

/** Asks until there is an answer other than "not now". @throws Error with the last answer */
export function insist(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  return persist(what, async () => {
    const answer = await ask();
    if (answer.status >= 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  });
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
