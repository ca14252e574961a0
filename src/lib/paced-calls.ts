import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for its turn, and makes the call. What the call throws is thrown. */
export type PacedCalls = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export interface PaceSettings {
  /** How many times as long as the answer took is rested: a server that is busy answers late, and what others need of it comes first. */
  readonly restsPerAnswer: number;
  readonly longestRestMs: number;
}

/** At most 20 a second: waking many runs at once makes every other order wait. */
const SHORTEST_REST_MS = 50;

/** One call after another for all who share it, with a rest after each. */
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
