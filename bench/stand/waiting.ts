import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is not null, undefined or false. @throws Error after `limitMs`, saying what was waited for. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | null | undefined | false>,
  { everyMs = 50, limitMs = 30_000 } = {},
): Promise<Answer> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    if (Date.now() > giveUpAt) throw new Error(`waiting for ${what}: not within ${limitMs / 1_000} s`);
    await sleep(everyMs);
  }
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
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
