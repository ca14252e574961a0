/**
 * The findings of older versions, which wrote no rows of `findings`: their outcomes are in the timeline, and their
 * money is in the orders and operations. An update that was sent again seems to be heard then. Which trigger found a payment is not known any more.
 */
import { sql } from 'drizzle-orm';
import type { Db } from '../open.ts';

/** When a process of this version, or of a later one, first noted that it runs. */
const STARTED = sql`(select min(since) from service_runs)`;

/**
 * Fills in what happened to the payments of some hours before this version ran. `offset 0` and `limit 1` keep
 * PostgreSQL from reading whole tables for a few hundred payments. A process of it may have written
 * findings a moment before it noted that it runs: these are found by their time, which two clocks have given.
 */
export async function fillFindings(db: Db, { from, to }: { from: Date; to: Date }): Promise<void> {
  const isMade = sql`p.created_at >= ${from.toISOString()}::timestamptz and p.created_at < ${to.toISOString()}::timestamptz
    and p.created_at < ${STARTED}`;
  await db.execute(sql`with made as (select p.id, p.gateway, p.payment_method, p.reason, p.authorized, o.paid_at,
        coalesce(o.paid_payment_id = p.id, false) as is_payer, coalesce(p.accepted_currency, p.currency) as of,
        p.captured - coalesce((select sum(w.amount) from operations w where w.payment_id = p.id and w.kind = 'capture'
          and w.state = 'done' and w.transaction_id is null), 0) as direct
      from payments p join orders o on o.reference = p.order_reference
      where ${isMade}),
    told (at, payment_id, outcome, authorized, captured, refunded, voided, given_back) as (
      select t.at, made.id, case t."to" when 'DECLINED' then 'declined' when 'FAILED' then 'failed'
          when 'CANCELLED' then 'cancelled' when 'EXPIRED' then 'expired' else 'review' end, 0, 0, 0, 0, 0
        from made cross join lateral (select at, data->>'to' as "to" from timeline where payment_id = made.id and kind = 'decision'
          and data->>'from' <> data->>'to' and data->>'to' in ('DECLINED', 'FAILED', 'CANCELLED', 'EXPIRED', 'REVIEW') offset 0) t
      union all select paid_at, id, 'paid', authorized, direct, 0, 0, 0 from made where is_payer
      union all select first.at, id, null, authorized, direct, 0, 0, 0 from made cross join lateral (
          select t.at from timeline t where t.payment_id = made.id and t.kind = 'decision'
            and t.data->>'to' in ('AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED') order by t.id limit 1) first
        where not is_payer and authorized > 0
      union all select w.finished_at, made.id, null, 0, case when w.kind = 'capture' then w.amount else 0 end,
          case when w.kind = 'refund' and is_payer then w.amount else 0 end,
          case when w.kind = 'void' and is_payer then w.amount else 0 end,
          case when w.kind <> 'capture' and not is_payer then w.amount else 0 end
        from made cross join lateral (select finished_at, kind, amount from operations where payment_id = made.id
          and state = 'done' and transaction_id is null and amount > 0 offset 0) w)
    insert into findings (at, payment_id, gateway, currency, outcome, payment_method, reason, is_first_capture, authorized,
      captured, refunded, voided, given_back)
    select told.at, made.id, made.gateway, made.of, told.outcome, made.payment_method,
      case when told.outcome in ('declined', 'failed') then left(made.reason, 200) end,
      told.captured > 0 and row_number() over (partition by made.id, told.captured > 0 order by told.at) = 1,
      told.authorized, told.captured, told.refunded, told.voided, told.given_back
    from told join made on made.id = told.payment_id
    where told.at < ${STARTED} and (select 1 from findings known where known.payment_id = made.id
      and known.at between told.at - interval '1 minute' and told.at + interval '1 minute' limit 1) is null`);
  await db.execute(sql`update outbox set heard_at = finished_at, heard_after_ms = 1000 * extract(epoch from finished_at - o.paid_at)
    from orders o join payments p on p.order_reference = o.reference and p.id = o.paid_payment_id where ${isMade} and o.paid_at < ${STARTED}
      and outbox.effect_id = o.reference || '/order.paid' and outbox.state = 'delivered' and outbox.heard_at is null`);
}
