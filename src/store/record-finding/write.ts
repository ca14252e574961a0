/**
 * Records a finding: a payment, its order, its timeline and the merchant's updates change in one transaction.
 * The status of an existing payment, and the payment that pays an order, change only here. Other files of store/ write
 * the rest: claim-payment.ts and payments.ts (new and adopted payments, the opened session),
 * expiring-authorizations.ts, second-reference.ts.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { crashable } from '../../crash-points.ts';
import type { Decision } from '../../domain/finding.ts';
import { isGoingBack, type FinishedOperation } from '../../domain/finish-operations.ts';
import { mayBeClosed, useDecision } from '../decisions.ts';
import { markHandled } from '../deliveries.ts';
import { markAnswered } from '../log-delivery.ts';
import type { Db } from '../open.ts';
import { snapshotOf } from '../payment-snapshot.ts';
import type { OrderRow, PaymentRow } from '../payments.ts';
import { operations } from '../schema/operation-table.ts';
import { orders, payments, timeline } from '../schema/order-tables.ts';
import { findings } from '../schema/stats-tables.ts';
import { outbox } from '../schema/update-tables.ts';
import { changeTogether, type Change } from '../one-statement.ts';
import { lockOrderOf, type Locked } from './lock-order.ts';
import { planRecord, recordedFinding, type RecordedFinding, type RecordPlan } from './plan.ts';
import { UNDECIDED, type FindingRecord, type RecordRequest, type RecordSettings } from './record-request.ts';

/**
 * Decides under the order's lock and writes all of it or nothing. Repeating the same record decides again, on
 * what is recorded by then.
 * @throws NoSuchRow where the payment does not exist
 */
export const recordFinding = crashable(
  { after: 'record.after' },
  (db: Db, record: RecordRequest, settings: RecordSettings): Promise<RecordedFinding> =>
    db.transaction(async (tx) => decideAndWrite(tx, await lockOrderOf(tx, record), record, settings)),
);

const decideAndWrite = crashable(
  { before: 'record.before', after: 'record.uncommitted' },
  async (tx: Db, before: Locked, record: RecordRequest, settings: RecordSettings) => {
    const payment = snapshotOf(before.payment, {
      account: record.account,
      isGoingBack: isGoingBack(before.operations),
    });
    const decision = await backed(tx, before, record, record.decide(payment));
    const plan = planRecord(before, { payment, decision }, record, settings);
    const effects = await write(tx, before, plan, record);
    return recordedFinding(before, payment, decision, plan, effects);
  },
  ({ order }) => order.reference,
);

/** A finding that needs a person's decision changes nothing without one. */
async function backed(
  tx: Db,
  { order, payment }: Locked,
  { closing, noteKey = '', key: by }: RecordRequest,
  decision: Decision,
): Promise<Decision> {
  if (decision.kind !== 'find') return decision;
  const at = { paymentId: payment.id, orderReference: order.reference };
  if (closing !== undefined && !(await mayBeClosed(tx, at, closing))) return { kind: 'keep' };
  const decided = decision.finding.decision;
  if (decided === undefined || (await useDecision(tx, payment.id, { noteKey, decision: decided, by })))
    return decision;
  return { kind: 'refuse', reason: UNDECIDED };
}

/** Writes everything in one statement. Returns the new effects that are to be sent. */
async function write(
  tx: Db,
  before: Locked,
  plan: RecordPlan,
  { deliveries }: FindingRecord,
): Promise<string[]> {
  const isOtherOrder = plan.order !== before.order;
  const changes = [
    plan.autoCapture && tx.insert(operations).values(plan.autoCapture).onConflictDoNothing(),
    ...plan.finished.map((operation) => finish(tx, operation)),
    plan.updates.length > 0 &&
      tx
        .insert(outbox)
        .values([...plan.updates])
        .onConflictDoNothing(),
    plan.notes.length > 0 &&
      tx
        .insert(timeline)
        .values([...plan.notes])
        .onConflictDoNothing(),
    plan.counted && tx.insert(findings).values(plan.counted),
    markHandled(tx, before.payment, deliveries),
    plan.payment !== before.payment && changePayment(tx, before.payment, plan.payment),
    isOtherOrder && changeOrder(tx, before.order, plan.order),
  ].filter((change) => typeof change === 'object' && change !== null);
  const changed = await changeTogether(tx, changes);
  if (isOtherOrder && changed.length !== 1)
    throw new Error(`recording a finding: order ${before.order.reference} was paid in between`);
  if (plan.answersOthers) await markAnswered(tx, before.payment.id);
  return plan.updates
    .filter(({ effectId, state }) => state === 'pending' && !before.known.includes(effectId))
    .map(({ effectId }) => effectId);
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

/**
 * Must come last: only the last RETURNING reaches us. The order's lock alone makes it paid once; the WHERE is
 * a second guard.
 */
function changeOrder(tx: Db, before: OrderRow, after: OrderRow): Change {
  const paysNow = after.paidPaymentId !== before.paidPaymentId;
  return tx
    .update(orders)
    .set(differences(before, after))
    .where(and(eq(orders.reference, before.reference), paysNow ? isNull(orders.paidPaymentId) : undefined))
    .returning({ reference: orders.reference });
}

/** The columns that have changed. */
function differences<Row extends object>(before: Row, after: Row): Partial<Row> {
  const changed = Object.entries(after).filter(([name, value]) => before[name as keyof Row] !== value);
  return Object.fromEntries(changed) as Partial<Row>;
}
