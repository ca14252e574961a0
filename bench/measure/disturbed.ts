/**
 * Callback → paid of one order while other orders have problems, compared with a quiet moment of the same
 * process.
 */
import { paySilently, send } from '../paidonce-part.ts';
import type { OpenedSession } from '../stand/product.ts';
import { HANGING_PREFIX } from '../stand/sink.ts';
import type { Stand } from '../stand/stand.ts';
import { inParallel, until } from '../stand/waiting.ts';
import { percentiles, type Percentiles } from '../stats.ts';
import { WIDTH } from './rounds.ts';

export interface Disturbed {
  readonly quietMs: Percentiles;
  readonly disturbedMs: Percentiles;
  readonly ratio: number;
  readonly samples: number;
}

/** While the updates of `hanging` orders hang at the shop, five seconds for each attempt. */
export async function measureHangingShop(
  stand: Stand,
  { probes, hanging }: { probes: number; hanging: number },
): Promise<Disturbed> {
  const quiet = await probe(stand, 'before-hang', probes);
  const references = Array.from({ length: hanging }, (_, index) => `${HANGING_PREFIX}${index}`);
  await inParallel(references, WIDTH, async (reference) => {
    await send(await paySilently(stand.sandbox, (await stand.embedded.open(reference)).sessionId));
    await until(`${reference} paid`, () => stand.embedded.paidAt(reference));
  });
  return compared(quiet, await probe(stand, 'while-hanging', probes));
}

/** While a sweep wakes `sessions` that were paid without a callback. */
export async function measureSweep(
  stand: Stand,
  { probes, sessions }: { probes: number; sessions: readonly OpenedSession[] },
): Promise<Disturbed> {
  const quiet = await probe(stand, 'before-sweep', probes);
  await inParallel(sessions, WIDTH, ({ sessionId }) => stand.sandbox.pay(sessionId, { callback: false }));
  const isSweeping = await startSweep(stand);
  const during: number[] = [];
  while (during.length < probes && (await isSweeping()))
    during.push(...(await probe(stand, `sweep-${during.length}`, 1)));
  await until('the end of the sweep', async () => !(await isSweeping()), {
    everyMs: 1_000,
    limitMs: 600_000,
  });
  return compared(quiet, during);
}

/** The schedule reports its running workflows late, so ask the run that it started. */
async function startSweep({ temporal, embedded }: Stand): Promise<() => Promise<boolean>> {
  const client = temporal.client(embedded.namespace);
  const sweep = client.schedule.getHandle('sweep/dintero');
  const { numActionsTaken } = (await sweep.describe()).info;
  await sweep.trigger();
  const started = await until('the sweep', async () => {
    const { info } = await sweep.describe();
    return info.numActionsTaken > numActionsTaken && info.recentActions.at(-1);
  });
  const run = client.workflow.getHandle(started.action.workflow.workflowId);
  return async () => (await run.describe()).status.name === 'RUNNING';
}

/** Callback → paid of `count` orders, one after another, in milliseconds. */
export async function probe(
  { embedded, sandbox }: Pick<Stand, 'embedded' | 'sandbox'>,
  name: string,
  count: number,
): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const reference = `${name}-${index}`;
    const callback = await paySilently(sandbox, (await embedded.open(reference)).sessionId);
    const sentAt = Date.now();
    await send(callback);
    // The shop may hang, so ask for the order itself. `paidAt` is the product's own time, so asking late
    // causes no error.
    taken.push(
      (await until(`${reference} paid`, () => embedded.paidAt(reference), { everyMs: 25 })) - sentAt,
    );
  }
  return taken;
}

function compared(quiet: readonly number[], disturbed: readonly number[]): Disturbed {
  const quietMs = percentiles(quiet);
  const disturbedMs = percentiles(disturbed);
  return { quietMs, disturbedMs, ratio: disturbedMs.p50 / quietMs.p50, samples: disturbed.length };
}
