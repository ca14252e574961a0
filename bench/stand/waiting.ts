import { until as untilTrue } from '../../kit/poll.js';

/**
 * Asks until the answer is not null, undefined or false; after an exception it asks again. @throws Error that
 * names the condition
 */
export function until<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  patience: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<Exclude<Answer, null | undefined | false>> {
  return untilTrue(what, ask, { everyMs: 50, toleratesErrors: true, ...patience });
}

/** Does `work` for each item, `width` at a time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
