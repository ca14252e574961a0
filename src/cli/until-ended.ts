import { setTimeout as sleep } from 'node:timers/promises';

/** A small shop has its answer at once. */
const SHORTEST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/** Asks again until the status is not `running`. @throws what `ask` throws */
export async function untilEnded<Of extends { readonly status: string }>(
  begun: Of,
  ask: () => Promise<Of>,
): Promise<Of> {
  let now = begun;
  for (let wait = SHORTEST_WAIT_MS; now.status === 'running'; wait = Math.min(1.5 * wait, LONGEST_WAIT_MS)) {
    await sleep(wait);
    now = await ask();
  }
  return now;
}
