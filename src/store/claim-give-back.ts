/** Claims the next operation that gives a payment's money back, where the money may go back. */
import { and, eq, like, sql } from 'drizzle-orm';
import type { OperationCause } from '../domain/operation.ts';
import { mayGoBack as mayGoBackFor, ownMoneyOf, surplusNamed } from '../domain/surplus.ts';
import { useDecision } from './decisions.ts';
import { rows, type Db } from './open.ts';
import { claimOperation, type OperationRow } from './operations.ts';
import { findPayment } from './payments.ts';
import { operations } from './schema/operation-table.ts';
import { orders, payments } from './schema/order-tables.ts';

/** How money goes back, and why. */
export interface WantedGiveBack {
  readonly kind: 'refund' | 'void';
  readonly cause: OperationCause;
  /** The key of the note of an operator's decision. */
  readonly noteKey?: string | undefined;
  /** The surplus transaction. Absent: the payment's own money. */
  readonly transactionId?: string;
}

/**
 * Records the next operation that gives money back, or returns the one that is under way. Null where the
 * money may not go back (any more). The order's lock decides which came first: this, or the payment paying
 * its order.
 */
export async function claimGiveBack(
  db: Db,
  paymentId: string,
  wanted: WantedGiveBack,
): Promise<OperationRow | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ${orders} where reference =
      (select order_reference from ${payments} where id = ${paymentId}) for update`);
    const earlier = await tx
      .select()
      .from(operations)
      .where(and(eq(operations.paymentId, paymentId), like(operations.reference, 'give-back-%')));
    const { cause, transactionId = null } = wanted;
    const ofSame = earlier.filter((one) => one.transactionId === transactionId);
    const open = ofSame.find(({ state }) => state === 'pending' || state === 'unknown');
    if (open !== undefined) return open;
    const isAllowed =
      transactionId === null
        ? await mayGoBack(tx, paymentId, cause)
        : await maySurplusGoBack(tx, paymentId, { cause, transactionId });
    if (!isAllowed) return null;
    if (cause === 'operator' && !(await isDecided(tx, paymentId, wanted))) return null;
    return nextGiveBack(tx, paymentId, wanted, earlier.length + 1);
  });
}

/**
 * One decision covers all of a payment's own money, or all of its surplus, in as many operations as it takes.
 */
function isDecided(
  tx: Db,
  paymentId: string,
  { noteKey = '', transactionId }: WantedGiveBack,
): Promise<boolean> {
  const decision = transactionId === undefined ? 'give_back' : 'give_back_surplus';
  return useDecision(tx, paymentId, { noteKey, decision, by: 'give_back' });
}

/** Only what is recorded as surplus, and never the money that is the payment's own. */
async function maySurplusGoBack(
  tx: Db,
  paymentId: string,
  { cause, transactionId }: { cause: OperationCause; transactionId: string },
): Promise<boolean> {
  const payment = await findPayment(tx, paymentId);
  const surplus = payment && surplusNamed(payment.surplus, transactionId);
  return !!surplus && ownMoneyOf(payment) !== transactionId && mayGoBackFor(surplus, cause);
}

/**
 * The paying payment keeps its money, except where an operator began to give it back in a review. That of another
 * payment goes back where it must, or where an operator decides so.
 */
async function mayGoBack(tx: Db, paymentId: string, cause: OperationCause): Promise<boolean> {
  const [found] = await rows<{
    dismissed: boolean;
    must_go_back: boolean;
    is_payer: boolean;
    is_reviewed: boolean;
  }>(
    tx,
    sql`select p.dismissed, p.must_give_back as must_go_back, o.paid_payment_id is not distinct from p.id as is_payer, p.status = 'REVIEW' or exists (select 1
        from operations w where w.payment_id = p.id and w.transaction_id is null and w.cause = 'operator' and w.created_at > o.paid_at) as is_reviewed
      from payments p join orders o on o.reference = p.order_reference where p.id = ${paymentId}`,
  );
  if (found === undefined || found.dismissed) return false;
  if (cause === 'operator') return !found.is_payer || found.is_reviewed;
  return !found.is_payer && found.must_go_back;
}

async function nextGiveBack(
  tx: Db,
  paymentId: string,
  { kind, cause, transactionId }: WantedGiveBack,
  n: number,
): Promise<OperationRow> {
  const reference = `give-back-${n}`;
  const wanted = {
    paymentId,
    kind,
    reference,
    bodyHash: reference,
    wanted: null,
    finalCapture: false,
    cause,
    ...(transactionId !== undefined && { transactionId }),
  };
  return (await claimOperation(tx, wanted)).operation;
}
