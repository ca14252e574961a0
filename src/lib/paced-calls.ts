import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for its turn and makes the call. Throws what the call throws. */
export type PacedCalls = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export interface PaceSettings {
  /**
   * The length of a rest, as a multiple of the time that the answer took: a busy server answers late, and
   * other clients come first.
   */
  readonly restsPerAnswer: number;
  readonly longestRestMs: number;
}

/** At most 20 calls a second: waking many runs at once would delay all other orders. */
const SHORTEST_REST_MS = 50;

/** Makes the calls of all its users one after another, with a rest after each. */
export function pacedCalls({ restsPerAnswer, longestRestMs }: PaceSettings): PacedCalls {
  let rested: Promise<unknown> = Promise.resolve();
  return (call) => {
    let begun = 0;
    const answer = rested.then(() => {
      begun = performance.now();
      return call();
    });
    const rest = () => {
      const wanted = restsPerAnswer * (performance.now() - begun);
      return sleep(Math.min(longestRestMs, Math.max(SHORTEST_REST_MS, wanted)));
    };
    rested = answer.then(rest, rest);
    return answer;
  };
}
