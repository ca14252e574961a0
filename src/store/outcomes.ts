/** The one place where a payment, its order, its timeline and the merchant's updates change: in one transaction. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { crashPoint } from '../crash-points.ts';
import type { OrderStatus } from '../domain/order.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import type { LateMoneyPolicy, Outcome, Settlement } from '../domain/settle.ts';
import type { Accepted, Transaction } from '../domain/transaction.ts';
import { mayBeClosed, useDecision, type ClosingCause } from './decisions.ts';
import { NoSuchRow } from './errors.ts';
import { markHandled, type HandledDelivery } from './deliveries.ts';
import { markAnswered } from './log-delivery.ts';
import type { Db } from './open.ts';
import { isToTell, tellingBy } from './outbox.ts';
import {
  autoCapture,
  capturesNow,
  finishedNote,
  type FinishedOperation,
  type StoredOperation,
} from './outcome-operations.ts';
import { differences, noteKey, noteRows, settledRows, updateRows, type Locked } from './outcome-rows.ts';
import { recordedOutcome, settleRecord } from './outcome-settlement.ts';
import type { OrderRow, PaymentRow } from './payments.ts';
import { operations, orders, outbox, payments, timeline } from './schema.ts';
import type { Note } from './timeline.ts';
import { changeTogether, type Change } from './together.ts';

export interface OutcomeRecord {
  readonly paymentId: string;
  /** Null when a look changed nothing and only its deliveries and notes are to be kept. */
  readonly outcome: Outcome | null;
  readonly transaction?: Transaction;
  readonly deliveries: readonly HandledDelivery[];
  readonly notes: readonly Note[];
  /** An operation that came to nothing without the gateway's showing it: refused by us, declined, or never confirmed. */
  readonly failed?: FailedOperation;
  /** Names the note of the person whose decision it is: without one nothing is accepted or dismissed. */
  readonly noteKey?: string;
  /** Why a payment without a session is closed, which no gateway says: without a cause that the store knows it stays open. */
  readonly closing?: ClosingCause;
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
}

export interface FailedOperation {
  readonly operationId: string;
  readonly code: string;
  readonly detail: string;
}

/** What the record leaves to be done: `capture` what is to be captured at once, return the money, close the order's other session. */
export type NextStep = 'capture' | 'give_back' | 'close_others';

export interface RecordedOutcome {
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly orderStatus: OrderStatus;
  /** This very record brought the payment to another status. */
  readonly isChange: boolean;
  /** This very record paid the order. */
  readonly paysNow: boolean;
  /** Effects that the merchant has not been told yet, and that this run is to tell. */
  readonly untold: readonly string[];
  /** Those of them that somebody wants sent now, also where this run waits to try them once more. */
  readonly again?: readonly string[];
  readonly next: readonly NextStep[];
  /** Why a person is asked about a settled payment whose status stands. */
  readonly mark: string | null;
  /** What a person has accepted of the transaction, if anybody has. */
  readonly accepted?: Accepted;
}

export interface RecordSettings {
  readonly policy: LateMoneyPolicy;
  readonly livemode: boolean;
  /** False where no ORDER_WEBHOOK_URL is set: the updates are kept but go nowhere. */
  readonly tells: boolean;
  /** The run that records, which tells the merchant what is new. */
  readonly teller: string;
}

/**
 * Settles an outcome under the order's lock and writes all of it or nothing. Idempotent: the same record again changes nothing.
 * @throws Error when the payment does not exist.
 */
export async function recordOutcome(
  db: Db,
  record: OutcomeRecord,
  settings: RecordSettings,
): Promise<RecordedOutcome> {
  let reference = '';
  const recorded = await db.transaction(async (tx) => {
    const before = await lock(tx, record, settings.teller);
    reference = before.order.reference;
    crashPoint('record.before', reference);
    const isDecided = before.isWritten || (await isBacked(tx, reference, record));
    const backed = isDecided ? record : { ...record, outcome: null, notes: [] };
    const written = await settleLocked(tx, before, backed, settings);
    crashPoint('record.uncommitted', reference);
    return written;
  });
  crashPoint('record.after', reference);
  return recorded;
}

/** Whether nobody has to have decided it, or somebody has. */
async function isBacked(
  tx: Db,
  orderReference: string,
  { paymentId, outcome, closing, noteKey = '', key: by }: OutcomeRecord,
): Promise<boolean> {
  if (closing !== undefined) return mayBeClosed(tx, { paymentId, orderReference }, closing);
  if (outcome === null || !(outcome.accept || outcome.dismiss)) return true;
  return useDecision(tx, paymentId, { noteKey, decision: outcome.accept ? 'accept' : 'dismiss', by });
}

async function settleLocked(
  tx: Db,
  before: Locked,
  record: OutcomeRecord,
  settings: RecordSettings,
): Promise<RecordedOutcome> {
  const result = settleRecord(before, record, settings.policy);
  const { settled, finished, current, answersOthers } = result;
  const told = await write(tx, before, settled, finished, current, settings);
  if (answersOthers) await markAnswered(tx, before.payment.id);
  return recordedOutcome(before, result, told, settings.tells);
}

async function lock(tx: Db, { paymentId, key }: OutcomeRecord, teller: string): Promise<Locked> {
  // In a statement of its own: what the next one sees beside the locked rows must be younger than the wait for them.
  await tx.execute(sql`select 1 from ${orders} where reference =
    (select order_reference from ${payments} where id = ${paymentId}) for update`);
  const [row] = await tx
    .select({
      order: orders,
      payment: payments,
      now: sql`now()`.mapWith(orders.updatedAt),
      otherOpen: sql<
        Locked['otherOpen']
      >`(select p.status from payments p where p.order_reference = ${orders.reference}
        and p.id <> ${payments.id} and p.status in ('PENDING', 'ON_HOLD'))`,
      otherReviewed: sql<boolean>`exists (select 1 from payments p where p.order_reference = ${orders.reference}
        and p.id <> ${payments.id} and p.status = 'REVIEW')`,
      pending: sql<string[]>`array(select effect_id from outbox u where u.payment_id = ${payments.id}
        and u.state = 'pending' and ${isToTell(sql`u`, teller)} order by u.sequence)`,
      unclaimed: sql<string[]>`array(select effect_id from outbox u where u.payment_id = ${payments.id}
        and u.state = 'pending' and u.teller is null order by u.sequence)`,
      known: sql<
        string[]
      >`array(select effect_id from outbox u where u.order_reference = ${orders.reference})`,
      operations: sql<
        StoredOperation[]
      >`(select coalesce(json_agg(json_build_object('id', w.id, 'kind', w.kind, 'reference',
        w.reference, 'amount', w.amount, 'cause', w.cause, 'state', w.state, 'code', w.code, 'isSent', w.sent_at is not null,
        'failedVoids', w.failed_voids) order by w.created_at), '[]')
        from operations w where w.payment_id = ${payments.id}
          and (w.state in ('pending', 'unknown', 'done') or w.code = 'not_confirmed' or (w.code = 'declined' and (w.kind <> 'void' or not exists
            (select 1 from operations l where l.payment_id = w.payment_id and l.kind = 'void' and l.sent_at > w.sent_at)))))`,
      unhandled: sql<number>`(select count(*) from deliveries d where d.payment_id = ${payments.id}
        and d.state in ('received', 'signalled') and d.outcome = 'accepted')`.mapWith(Number),
      isReplaced: sql<boolean>`exists (select 1 from timeline t where t.payment_id = ${payments.id}
        and t.kind = 'operator' and t.data ->> 'replaces' = 'true' and t.data ->> 'usedBy' is not null)`,
      isWritten: sql<boolean>`exists (select 1 from timeline t where t.payment_id = ${payments.id}
        and t.key = ${noteKey(key, 0)})`,
    })
    .from(payments)
    .innerJoin(orders, eq(orders.reference, payments.orderReference))
    .where(eq(payments.id, paymentId));
  if (row === undefined) throw new NoSuchRow(`recording an outcome: there is no payment ${paymentId}`);
  return row;
}

/** Everything as one statement; the effects that are new. */
async function write(
  tx: Db,
  before: Locked,
  settled: Settlement | null,
  finished: readonly FinishedOperation[],
  record: OutcomeRecord,
  { livemode, tells, teller }: RecordSettings,
): Promise<string[]> {
  const after = settled === null ? before : settledRows(before, settled, record);
  const updates = settled === null ? [] : updateRows(before, after, settled, { livemode, tells, teller });
  const notes = noteRows(before.payment, settled, {
    ...record,
    notes: [...record.notes, ...finished.map(finishedNote)],
  });
  const changes = [
    capturesNow(before, settled) &&
      tx.insert(operations).values(autoCapture(before.payment.id)).onConflictDoNothing(),
    ...finished.map((operation) => finish(tx, operation)),
    before.pending.length > 0 &&
      tx
        .update(outbox)
        .set(tellingBy(teller))
        .where(inArray(outbox.effectId, [...before.pending])),
    updates.length > 0 && tx.insert(outbox).values(updates).onConflictDoNothing(),
    notes.length > 0 && tx.insert(timeline).values(notes).onConflictDoNothing(),
    markHandled(tx, before.payment, record.deliveries),
    after.payment !== before.payment && changePayment(tx, before.payment, after.payment),
    after.order !== before.order && changeOrder(tx, before.order, after.order),
  ].filter((change) => typeof change === 'object' && change !== null);
  const changed = await changeTogether(tx, changes);
  if (after.order !== before.order && changed.length !== 1)
    throw new Error(`recording an outcome: order ${before.order.reference} was paid in between`);
  return updates.map((update) => update.effectId).filter((effect) => !before.known.includes(effect));
}

function finish(tx: Db, { id, state, code, detail, amountMinor }: FinishedOperation): Change {
  return tx
    .update(operations)
    .set({ state, code, detail, amount: amountMinor, updatedAt: sql`now()`, finishedAt: sql`now()` })
    .where(eq(operations.id, id));
}

function changePayment(tx: Db, before: PaymentRow, after: PaymentRow): Change {
  return tx.update(payments).set(differences(before, after)).where(eq(payments.id, before.id));
}

/** The last of the changes, so that what it returns is seen. The lock makes it certain; its condition makes it certain twice. */
function changeOrder(tx: Db, before: OrderRow, after: OrderRow): Change {
  const paysNow = after.paidPaymentId !== before.paidPaymentId;
  return tx
    .update(orders)
    .set(differences(before, after))
    .where(and(eq(orders.reference, before.reference), paysNow ? isNull(orders.paidPaymentId) : undefined))
    .returning({ reference: orders.reference });
}
