/** How many payments are in each status now, and how many went which way in the last hour. */
import { sql } from 'drizzle-orm';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../domain/payment.ts';
import { rows, type Db } from '../open.ts';

/** No status is counted further, so that the answer takes the same time in a large store. */
export const MOST_COUNTED = 10_000;

export interface StateCount {
  readonly status: PaymentStatus;
  /** At most `MOST_COUNTED`. */
  readonly count: number;
  readonly hasMore: boolean;
}

/** The payments that did this in the last hour. */
export interface Flows {
  readonly opened: number;
  readonly paid: number;
  readonly declined: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly review: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
}

/** Every status, in the order of `PAYMENT_STATUSES`. */
export async function readStates(db: Db): Promise<StateCount[]> {
  const each = PAYMENT_STATUSES.map(
    (status) =>
      sql`select ${status}::text as status,
        (select count(*)::int from (select 1 from payments where payments.status = ${status} limit ${MOST_COUNTED + 1}) as found) as count`,
  );
  const found = await rows<{ status: PaymentStatus; count: number }>(db, sql.join(each, sql` union all `));
  const byStatus = new Map(found.map(({ status, count }) => [status, count]));
  return PAYMENT_STATUSES.map((status) => {
    const count = byStatus.get(status) ?? 0;
    return { status, count: Math.min(count, MOST_COUNTED), hasMore: count > MOST_COUNTED };
  });
}

/** In the last hour until now. */
export async function readFlows(db: Db): Promise<Flows> {
  const [flows] = await rows<Flows>(
    db,
    sql`select
        (select count(*)::int from payments where created_at >= now() - interval '1 hour') as opened,
        (count(*) filter (where outcome = 'paid'))::int as paid,
        (count(*) filter (where outcome = 'declined'))::int as declined,
        (count(*) filter (where outcome = 'failed'))::int as failed,
        (count(*) filter (where outcome = 'cancelled'))::int as cancelled,
        (count(*) filter (where outcome = 'expired'))::int as expired,
        (count(*) filter (where outcome = 'review'))::int as review,
        (count(*) filter (where is_first_capture))::int as captured,
        (count(*) filter (where refunded > 0))::int as refunded,
        (count(*) filter (where voided > 0))::int as voided
      from findings where at >= now() - interval '1 hour'`,
  );
  if (flows === undefined) throw new Error('counts without a row');
  return flows;
}
