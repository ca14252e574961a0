/** Whoever gets no answer asks again: nothing is done twice. */
import type { Answer } from './http.ts';
import { askToOpen, type Changes, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

const ASKS_FOR_MS = 150_000;

/** Asks while nobody answers or the answer is "not now". */
export async function insist(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer | null = null;
  const isAnswered = async () => {
    answer = await ask().catch(() => null);
    return answer !== null && answer.status < 500;
  };
  await until(`${what} is answered`, isAnswered, ASKS_FOR_MS, 250);
  return answer as unknown as Answer;
}

/** @throws Error with the answer when it is refused */
export async function insistOnOpening(
  stack: Stack,
  orderReference: string,
  changes: Changes = {},
): Promise<Opened> {
  const { status, body } = await insist('the opening', () => askToOpen(stack, orderReference, changes));
  if (status > 201) throw new Error(`opening ${orderReference}: ${status} ${JSON.stringify(body)}`);
  return body as Opened;
}
