/** Operations and money that no run works on any more. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';
import type { OperationRow } from './operations.ts';
import { findPayment, type PaymentRow } from './payments.ts';

/** An operation, or money that must go back, that no run seems to work on any more. */
export interface Forgotten {
  readonly payment: PaymentRow;
  /** Null where the money that must go back was forgotten. */
  readonly operation: Pick<OperationRow, 'id' | 'kind' | 'wanted' | 'amount' | 'transactionId'> | null;
}

/** Matches surplus that must go back. */
const OWED = JSON.stringify([{ handling: 'give_back' }]);

/**
 * Takes forgotten operations and money, each at growing intervals: a run that exists and only waits for its
 * gateway keeps every signal in its history. In random order, so that some that can't be helped do not hide
 * the others.
 */
export async function takeForgotten(db: Db, limit: number): Promise<Forgotten[]> {
  const taken = await rows<{ payment_id: string; operation: Forgotten['operation'] }>(
    db,
    sql`with idle as (
        update operations set updated_at = now() where id in (select id from operations where state in ('pending', 'unknown')
          and updated_at < now() - case when sent_at is null or code is not null
            then greatest(interval '1 minute', least((now() - created_at) / 2, interval '1 hour')) else interval '90 minutes' end
          order by random() limit ${limit} for update skip locked)
        returning payment_id, id, kind, wanted, amount, transaction_id),
      held as (
        update payments set updated_at = now() where id in (select p.id from payments p
          join orders o on o.reference = p.order_reference
          where (p.must_give_back or (p.surplus <> '[]'::jsonb and p.surplus @> ${OWED}::jsonb))
            and (o.paid_payment_id is distinct from p.id or p.surplus @> ${OWED}::jsonb) and p.updated_at < now() - interval '15 minutes'
            and not exists (select 1 from operations w where w.payment_id = p.id and w.state in ('pending', 'unknown'))
          order by random() limit ${limit} for update of p skip locked)
        returning id)
      select payment_id, json_build_object('id', id, 'kind', kind, 'wanted', wanted, 'amount', amount,
          'transactionId', transaction_id) as operation from idle
      union all select id, null from held`,
  );
  const found = await Promise.all(taken.map((row) => findPayment(db, row.payment_id)));
  return taken.flatMap((row, index) => {
    const payment = found[index];
    return payment ? [{ payment, operation: row.operation }] : [];
  });
}
