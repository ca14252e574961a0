/** Claims the next operation that gives a payment's money back, where the money may go back. */
import { and, eq, like, sql } from 'drizzle-orm';
import type { OperationCause } from '../domain/operation.ts';
import { useDecision } from './decisions.ts';
import { rows, type Db } from './open.ts';
import { claimOperation, type OperationRow } from './operations.ts';
import { operations } from './schema/operation-table.ts';
import { orders, payments } from './schema/order-tables.ts';

/**
 * Records the next operation that gives money back, or returns the one that is under way. Null where the
 * money may not go back (any more). The order's lock decides which came first: this, or the payment paying
 * its order.
 */
export async function claimGiveBack(
  db: Db,
  paymentId: string,
  { kind, cause, noteKey }: { kind: 'refund' | 'void'; cause: OperationCause; noteKey?: string | undefined },
): Promise<OperationRow | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ${orders} where reference =
      (select order_reference from ${payments} where id = ${paymentId}) for update`);
    const earlier = await tx
      .select()
      .from(operations)
      .where(and(eq(operations.paymentId, paymentId), like(operations.reference, 'give-back-%')));
    const open = earlier.find(({ state }) => state === 'pending' || state === 'unknown');
    if (open !== undefined) return open;
    if (!(await mayGoBack(tx, paymentId, cause))) return null;
    if (cause === 'operator' && !(await isDecided(tx, paymentId, noteKey))) return null;
    return nextGiveBack(tx, paymentId, { kind, cause }, earlier.length + 1);
  });
}

/** One decision covers all of a payment's money, in as many operations as it takes. */
function isDecided(tx: Db, paymentId: string, noteKey = ''): Promise<boolean> {
  return useDecision(tx, paymentId, { noteKey, decision: 'give_back', by: 'give_back' });
}

/** The paying payment keeps its money, except where an operator began to give it back in a review. */
async function mayGoBack(tx: Db, paymentId: string, cause: OperationCause): Promise<boolean> {
  const [found] = await rows<{ dismissed: boolean; is_payer: boolean; is_reviewed: boolean }>(
    tx,
    sql`select p.dismissed, o.paid_payment_id is not distinct from p.id as is_payer, p.status = 'REVIEW' or exists (select 1
        from operations w where w.payment_id = p.id and w.cause = 'operator' and w.created_at > o.paid_at) as is_reviewed
      from payments p join orders o on o.reference = p.order_reference where p.id = ${paymentId}`,
  );
  if (found === undefined || found.dismissed) return false;
  return !found.is_payer || (cause === 'operator' && found.is_reviewed);
}

async function nextGiveBack(
  tx: Db,
  paymentId: string,
  { kind, cause }: { kind: 'refund' | 'void'; cause: OperationCause },
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
  };
  return (await claimOperation(tx, wanted)).operation;
}
