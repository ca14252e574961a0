/**
 * The runs that we wake ourselves: of payments that a listing shows with a difference, that no run watches,
 * or whose update was never sent. A run that exists and only waits for its gateway keeps every signal in its
 * history, and many processes look for the same payments. So a waker takes the payment first. It is woken
 * again about the same only after 5, 10, 20 … minutes, at most an hour.
 */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Db } from './open.ts';
import type { PaymentRow } from './payments.ts';
import { payments } from './schema/order-tables.ts';
import { wakes, type WakeReason } from './schema/wake-table.ts';

/** Within this time the process that took it signals the run, or is dead. */
const TELLING = sql`interval '1 minute'`;
/** The rest after the nth signal about the same. */
const REST = sql`least(interval '5 minutes' * power(2, least(${wakes.times}, 10)), interval '1 hour')`;

export interface Waking {
  readonly paymentId: string;
  /** What was seen of the payment; empty where there is nothing to distinguish. */
  readonly about: string;
}

/** A payment that was taken: its run must be signalled, unless the same taker has done that before. */
export interface Taken {
  readonly paymentId: string;
  readonly told: boolean;
}

/**
 * Takes the payments that may be woken now. Each is taken by one process, however many ask at the same time.
 * A taker that asks again, since it does not know how far it came, gets what it took.
 */
export async function takeForWaking(
  db: Db,
  why: WakeReason,
  wanted: readonly Waking[],
  takenBy: string,
): Promise<Taken[]> {
  // One statement can't update a row twice.
  const distinct = [...new Map(wanted.map((waking) => [waking.paymentId, waking])).values()];
  if (distinct.length === 0) return [];
  const isSame = sql`${wakes.about} = excluded.about`;
  const isMine = sql`${isSame} and ${wakes.takenBy} = excluded.taken_by`;
  return db
    .insert(wakes)
    .values(
      distinct.map(({ paymentId, about }) => ({
        paymentId,
        why,
        about,
        takenBy,
        told: false,
        dueAt: sql`now() + ${TELLING}`,
      })),
    )
    .onConflictDoUpdate({
      target: [wakes.paymentId, wakes.why],
      set: {
        about: sql`excluded.about`,
        takenBy: sql`excluded.taken_by`,
        told: sql`${isMine} and ${wakes.told}`,
        times: sql`case when ${isSame} then ${wakes.times} else 0 end`,
        dueAt: sql`case when ${isMine} and ${wakes.told} then ${wakes.dueAt} else excluded.due_at end`,
      },
      setWhere: sql`not (${isSame}) or ${wakes.takenBy} = excluded.taken_by or ${wakes.dueAt} <= now()`,
    })
    .returning({ paymentId: wakes.paymentId, told: wakes.told });
}

/** Marks that the runs have been signalled. */
export async function markWoken(db: Db, why: WakeReason, paymentIds: readonly string[]): Promise<void> {
  if (paymentIds.length === 0) return;
  await db
    .update(wakes)
    .set({ told: true, times: sql`${wakes.times} + 1`, dueAt: sql`now() + ${REST}` })
    .where(and(eq(wakes.why, why), inArray(wakes.paymentId, [...paymentIds]), eq(wakes.told, false)));
}

/**
 * Takes payments that were taken and not signalled: the process that took them died, or the run could not be
 * reached.
 */
export async function takeUnwoken(
  db: Db,
  limit: number,
): Promise<{ readonly payment: PaymentRow; readonly why: WakeReason }[]> {
  const due = sql`(${wakes.paymentId}, ${wakes.why}) in (select payment_id, why from wakes
    where not told and due_at <= now() order by due_at limit ${limit} for update skip locked)`;
  const taken = await db
    .update(wakes)
    .set({ dueAt: sql`now() + ${TELLING}` })
    .where(due)
    .returning({ paymentId: wakes.paymentId, why: wakes.why });
  const ids = taken.map(({ paymentId }) => paymentId);
  const found = ids.length === 0 ? [] : await db.select().from(payments).where(inArray(payments.id, ids));
  const byId = new Map(found.map((payment) => [payment.id, payment]));
  return taken.flatMap(({ paymentId, why }) => {
    const payment = byId.get(paymentId);
    return payment === undefined ? [] : [{ payment, why }];
  });
}

/** For queries over payments: those that were not woken for this reason recently. */
export function mayBeWoken(why: WakeReason): SQL {
  // Qualified by hand: drizzle writes bare column names here, which would refer to `woken`.
  return sql`not exists (select 1 from wakes woken where woken.payment_id = payments.id and woken.why = ${why}
    and woken.due_at > now())`;
}

const KEPT = sql`interval '30 days'`;

/** Deletes old wakes whose run did not have to be woken again. */
export async function pruneWakes(db: Db): Promise<void> {
  await db.delete(wakes).where(sql`${wakes.told} and ${wakes.dueAt} < now() - ${KEPT}`);
}
