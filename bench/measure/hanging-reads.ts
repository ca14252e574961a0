/** Openings while reads of other payments hang, compared with a quiet moment of the same process. */
import type { OpenedSession } from '../stand/product.ts';
import type { Stand } from '../stand/stand.ts';
import { inParallel, until } from '../stand/waiting.ts';
import { percentiles, type Percentiles } from '../stats.ts';
import { openMany } from './resources.ts';

/** Payers that click at the same moment. */
const AT_ONCE = 5;
const HANGS = { delayMs: 120_000 };

export interface Openings {
  readonly quietMs: Percentiles;
  readonly disturbedMs: Percentiles;
  /** The disturbed p95 divided by the quiet p95. */
  readonly ratio: number;
  readonly refused: number;
}

export async function measureHangingReads(
  stand: Stand,
  { openings, hangingReads }: { openings: number; hangingReads: number },
): Promise<Openings> {
  const quiet = await timeOpenings(stand, 'open-quiet', openings);
  const waiting = await openMany(stand.embedded, 'read-hangs', hangingReads);
  await stand.sandbox.faults({ readTransaction: HANGS, readSession: HANGS });
  await inParallel(waiting, AT_ONCE, ({ sessionId }) => stand.sandbox.pay(sessionId));
  await readsHang(stand, waiting);
  const disturbed = await timeOpenings(stand, 'open-disturbed', openings);
  await stand.sandbox.faults({ readTransaction: null, readSession: null });
  const [quietMs, disturbedMs] = [percentiles(quiet.taken), percentiles(disturbed.taken)];
  return {
    quietMs,
    disturbedMs,
    ratio: disturbedMs.p95 / quietMs.p95,
    refused: quiet.refused + disturbed.refused,
  };
}

/**
 * Several hundred callbacks at once keep a small machine busy for seconds by themselves; another figure
 * measures that.
 */
async function readsHang(
  { embedded: { namespace }, temporal }: Stand,
  waiting: readonly OpenedSession[],
): Promise<void> {
  const { workflow } = temporal.client(namespace);
  await inParallel(waiting, AT_ONCE, ({ workflow: { workflowId } }) =>
    until(`the read of ${workflowId}`, async () => {
      const { raw } = await workflow.getHandle(workflowId).describe();
      return raw.pendingActivities?.length === 1;
    }),
  );
}

async function timeOpenings(
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
