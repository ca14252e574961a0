/** Openings while reads of other payments hang, compared with a quiet moment of the same process. */
import type { Stand } from '../stand/stand.ts';
import { inParallel } from '../stand/waiting.ts';
import { percentiles, type Percentiles } from '../stats.ts';

/** Shoppers who click at the same moment. */
const AT_ONCE = 5;
const HANGS = { delayMs: 120_000 };

export interface Openings {
  readonly quietMs: Percentiles;
  readonly disturbedMs: Percentiles;
  /** Of the p95. */
  readonly ratio: number;
  readonly refused: number;
}

export async function measureHangingReads(
  stand: Stand,
  { openings, hangingReads }: { openings: number; hangingReads: number },
): Promise<Openings> {
  const quiet = await openMany(stand, 'open-quiet', openings);
  const waiting = Array.from({ length: hangingReads }, (_, index) => `read-hangs-${index}`);
  const sessions: string[] = [];
  await inParallel(waiting, AT_ONCE, async (reference) => {
    sessions.push((await stand.embedded.open(reference)).sessionId);
  });
  await stand.sandbox.faults({ readTransaction: HANGS, readSession: HANGS });
  await inParallel(sessions, AT_ONCE, (sessionId) => stand.sandbox.pay(sessionId));
  const disturbed = await openMany(stand, 'open-disturbed', openings);
  await stand.sandbox.faults({ readTransaction: null, readSession: null });
  const [quietMs, disturbedMs] = [percentiles(quiet.taken), percentiles(disturbed.taken)];
  return {
    quietMs,
    disturbedMs,
    ratio: disturbedMs.p95 / quietMs.p95,
    refused: quiet.refused + disturbed.refused,
  };
}

async function openMany(
  { embedded }: Stand,
  name: string,
  count: number,
): Promise<{ taken: number[]; refused: number }> {
  const taken: number[] = [];
  let refused = 0;
  const references = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  await inParallel(references, AT_ONCE, async (reference) => {
    const begun = performance.now();
    await embedded.open(reference).catch(() => (refused += 1));
    taken.push(performance.now() - begun);
  });
  return { taken, refused };
}
