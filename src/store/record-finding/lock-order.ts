/** Reads and locks the rows of a record, until the end of the transaction. */
import { eq, sql } from 'drizzle-orm';
import type { RecordedOperation } from '../../domain/finish-operations.ts';
import type { OrderSnapshot } from '../../domain/order.ts';
import { NoSuchRow } from '../errors.ts';
import type { Db } from '../open.ts';
import { moneyOf } from '../payment-snapshot.ts';
import type { OrderRow, PaymentRow } from '../payments.ts';
import { orders, payments } from '../schema/order-tables.ts';

/** The rows, as read under the lock. */
export interface Locked extends Pick<OrderSnapshot, 'otherOpen' | 'otherReviewed' | 'isReplacing'> {
  readonly order: OrderRow;
  readonly payment: PaymentRow;
  /** The time of the transaction, by the database's clock. */
  readonly now: Date;
  /** The ids of all effects that the order has had. */
  readonly known: readonly string[];
  /**
   * The operations that are not finished, and those that the gateway may still turn out to have carried out.
   */
  readonly operations: readonly RecordedOperation[];
  /** Callbacks that no run has handled yet, including those of this record. */
  readonly unhandled: number;
  /** A record with this key was written before. */
  readonly isRepeated: boolean;
}

/** The key of one of a record's notes. Every record that has notes has a first one. */
export function noteKey(recordKey: string, index: number): string {
  return `${recordKey}-${index}`;
}

/** Takes the order's lock and reads what a record needs. @throws NoSuchRow */
export async function lockOrderOf(
  tx: Db,
  { paymentId, key }: { readonly paymentId: string; readonly key: string },
): Promise<Locked> {
  // A separate statement: the snapshot of the next one must be taken after the wait for the lock.
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
      isReplacing: sql<boolean>`exists (select 1 from timeline t where t.payment_id = ${payments.id}
        and t.kind = 'operator' and t.data ->> 'replaces' = 'true' and t.data ->> 'usedBy' is not null)`,
      known: sql<
        string[]
      >`array(select effect_id from outbox u where u.order_reference = ${orders.reference})`,
      operations: sql<
        RecordedOperation[]
      >`(select coalesce(json_agg(json_build_object('id', w.id, 'kind', w.kind, 'reference',
        w.reference, 'transactionId', w.transaction_id, 'amount', w.amount, 'cause', w.cause, 'state', w.state, 'code', w.code, 'isSent', w.sent_at is not null,
        'failedVoids', w.failed_voids) order by w.created_at), '[]')
        from operations w where w.payment_id = ${payments.id}
          and (w.state in ('pending', 'unknown', 'done') or w.code = 'not_confirmed' or (w.code = 'declined' and (w.kind <> 'void' or not exists
            (select 1 from operations l where l.payment_id = w.payment_id and l.kind = 'void'
              and l.transaction_id is not distinct from w.transaction_id and l.sent_at > w.sent_at)))))`,
      unhandled: sql<number>`(select count(*) from deliveries d where d.payment_id = ${payments.id}
        and d.state in ('received', 'signalled') and d.outcome = 'accepted')`.mapWith(Number),
      isRepeated: sql<boolean>`exists (select 1 from timeline t where t.payment_id = ${payments.id}
        and t.key = ${noteKey(key, 0)})`,
    })
    .from(payments)
    .innerJoin(orders, eq(orders.reference, payments.orderReference))
    .where(eq(payments.id, paymentId));
  if (row === undefined) throw new NoSuchRow(`recording a finding: there is no payment ${paymentId}`);
  return row;
}

/** The order as the domain needs it, seen from the payment. */
export function orderSnapshot({ order, otherOpen, otherReviewed, isReplacing }: Locked): OrderSnapshot {
  const { reference, status, paidPaymentId, latestN } = order;
  const others = { otherOpen, otherReviewed, isReplacing };
  return { reference, money: moneyOf(order), status, paidPaymentId, latestN, ...others };
}
