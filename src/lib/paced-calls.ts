import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';

/** Waits for its turn and makes the call. Throws what the call throws. */
export type PacedCalls = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export interface PaceSettings {
  /**
   * The length of a rest, as a multiple of the time that the answer took: a busy server answers late, and
   * other clients come first.
   */
  readonly restsPerAnswer: number;
  readonly longestRestMs: number;
  /** How many calls may wait for an answer at the same time, so that one that hangs stops no other. 1 by default. */
  readonly atOnce?: number;
}

/** At most 20 calls a second: waking many runs at once would delay all other orders. */
const SHORTEST_REST_MS = 50;

/** Makes the calls of all its users in their order, with a rest after each. */
export function pacedCalls({ restsPerAnswer, longestRestMs, atOnce = 1 }: PaceSettings): PacedCalls {
  const queue = new PQueue({ concurrency: atOnce, intervalCap: 1, interval: SHORTEST_REST_MS, strict: true });
  return (call) =>
    new Promise((resolve, reject) => {
      void queue.add(async () => {
        const begun = performance.now();
        try {
          resolve(await call());
        } catch (error) {
          reject(error);
        }
        const wanted = restsPerAnswer * (performance.now() - begun);
        await sleep(Math.min(longestRestMs, Math.max(SHORTEST_REST_MS, wanted)));
      });
    });
}
