/**
 * Orders come at a steady pace while a worker is killed: for each, the time from the payment to the shop's
 * update.
 */
import type { ProductStand } from '../stand/product.ts';
import type { Stand } from '../stand/stand.ts';
import { until } from '../stand/waiting.ts';
import { percentiles, type Percentiles } from '../stats.ts';

const ORDERS_PER_SECOND = 8;
const KILLED_EVERY_S = 10;

export interface Recovery {
  readonly toldMs: Percentiles;
  readonly slowestMs: number;
  readonly orders: number;
  readonly kills: number;
  /** Answers "not now" to payers; each payer asks again. */
  readonly refused: number;
}

/** Longer than any payer or shop would wait, since a busy machine is slow. */
const WAITS_FOR_MS = 120_000;

/** The only worker is killed (-9) and started again at once. */
export function measureOneWorker(stand: Stand, seconds: number): Promise<Recovery | null> {
  return measure(stand, 'recovery', seconds, (product) => product.restartWorker());
}

/** One of two workers is killed, and started again at once. */
export async function measureTwoWorkers(stand: Stand, seconds: number): Promise<Recovery | null> {
  await stand.postgresql?.addWorker();
  return measure(stand, 'recovery-of-two', seconds, (product) => product.restartWorker());
}

async function measure(
  { postgresql, sandbox, sink }: Stand,
  name: string,
  seconds: number,
  kill: (product: ProductStand) => Promise<void>,
): Promise<Recovery | null> {
  if (postgresql === null) return null;
  const told: Promise<number>[] = [];
  let kills = 0;
  let refused = 0;
  const shop = { sandbox, sink, onRefused: () => (refused += 1) };
  for (let count = 0; count < seconds * ORDERS_PER_SECOND; count += 1) {
    const begun = Date.now();
    told.push(order(postgresql, shop, `${name}-${count}`));
    if (count > 0 && count % (KILLED_EVERY_S * ORDERS_PER_SECOND) === 0) {
      kills += 1;
      void kill(postgresql);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000 / ORDERS_PER_SECOND - (Date.now() - begun)));
  }
  const all = await Promise.all(told);
  return { toldMs: percentiles(all), slowestMs: Math.max(...all), orders: all.length, kills, refused };
}

type Shop = Pick<Stand, 'sandbox' | 'sink'> & { readonly onRefused: () => void };

async function order(product: ProductStand, shop: Shop, reference: string): Promise<number> {
  const { sandbox, sink, onRefused } = shop;
  // A payer that gets "not now" asks again: nothing is done twice.
  const ask = () =>
    product.open(reference).catch(() => {
      onRefused();
      return null;
    });
  const { sessionId } = await until(`${reference} open`, ask, { everyMs: 250, limitMs: WAITS_FOR_MS });
  const told = sink.paid(reference, WAITS_FOR_MS);
  const paidAt = Date.now();
  await sandbox.pay(sessionId);
  return (await told).at - paidAt;
}
