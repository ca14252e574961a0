/** A store as it is after years: nearly every payment is settled, and there are a few of every other kind. */
import pg from 'pg';

export interface Seeded {
  readonly payments: number;
  readonly megabytes: number;
}

const GATEWAYS = `insert into gateways (gateway, account, mode) values ('dintero', 'T12345678', 'test')`;
const ORDERS = `insert into orders (reference, amount, currency, status, latest_n, paid_payment_id, paid_at, created_at, updated_at)
  select 'order-' || i, 72200, 'NOK', case status when 'EXPIRED' then 'PAYMENT_FAILED' when 'PENDING' then 'AWAITING_PAYMENT'
    when 'ON_HOLD' then 'PAYMENT_PENDING' when 'REVIEW' then 'REVIEW' else 'PAID' end, 1, case when status not in ('EXPIRED', 'PENDING', 'ON_HOLD', 'REVIEW') then id end,
    case when status not in ('EXPIRED', 'PENDING', 'ON_HOLD', 'REVIEW') then at end, at, at from seed`;
const PAYMENTS = `insert into payments (id, order_reference, n, gateway, amount, currency, status, session_id, transaction_id, return_key,
    request, metadata, expires_at, created_at, updated_at, authorization_expires_at, review_mark, review_since, captured, authorized,
    refunded, payment_method, found_by, accepted_amount, accepted_currency, reason, disputes, surplus)
  select id, 'order-' || i, 1, 'dintero', case when i % 1000 = 5 then 99900 else 72200 end, case when i % 5000 = 11 then 'SEK' else 'NOK' end,
    status, 'T12345678.s' || i, 'T12345678.t' || i, 'key-' || i,
    jsonb_build_object('lines', '[]'::jsonb, 'merchantReference2', 'invoice-' || i), jsonb_build_object('cart', 'c' || i),
    at + interval '4 hours', at, at, case when status = 'AUTHORIZED' then at + interval '7 days' end,
    case when i % 100000 = 7 then 'unclear' end, case when i % 100000 = 7 then at end,
    case when status in ('CAPTURED', 'PARTIALLY_CAPTURED') then 72200 else 0 end, 72200,
    case when i % 300 = 4 and status = 'CAPTURED' then 100 else 0 end,
    case when status not in ('PENDING', 'EXPIRED') then (array['payex.creditcard', 'vipps', 'swish', 'klarna'])[1 + i % 4] end,
    case when status in ('CAPTURED', 'AUTHORIZED') then case when i % 500 = 6 then 'sweep' else 'callback' end end,
    case when i % 30000 = 9 then 72100 end, case when i % 30000 = 9 then 'NOK' end,
    case when i % 97 = 13 then 'card: declined by the issuer' when status = 'EXPIRED' then 'nobody paid in time'
      when status = 'REVIEW' then 'amount_mismatch' end,
    case when i % 40000 = 21 then '[{"disputeId": "d", "state": "open", "amountMinor": 100}]'::jsonb else '[]'::jsonb end,
    case when i % 70000 = 33 then '[{"transactionId": "T12345678.x", "status": "AUTHORIZED", "handling": "review"}]'::jsonb else '[]'::jsonb end
  from seed`;
const TIMELINE = `insert into timeline (payment_id, at, kind, text, key) select id, at, 'decision', 'PENDING became CAPTURED', 'k' from seed`;
const DELIVERIES = `insert into deliveries (id, gateway, event_id, content_hash, payment_id, order_reference, n, outcome, state, reason, method, target,
    headers, body, received_at, last_received_at, handled_at)
  select 'dlv_' || substr(id, 5), 'dintero', 'event-' || i, md5(id), id, 'order-' || i, 1,
    case when i % 50 = 0 then 'refused' when i % 20 = 0 then 'duplicate' else 'accepted' end,
    case when i > total - 10 then 'received' else 'handled' end, case when i % 50 = 0 then 'wrong_signature' end, 'GET',
    '/callbacks/dintero?payment=' || id, '{}', '', at, at, at from seed`;
const OUTBOX = `insert into outbox (effect_id, order_reference, payment_id, sequence, type, body, state, attempts, last_answer, created_at, next_attempt_at,
    attempted_at, finished_at, heard_at, heard_after_ms)
  select 'order-' || i || '/order.paid', 'order-' || i, id, 1,
    case when status = 'EXPIRED' then 'order.payment_expired' when i % 90000 = 1 then 'order.review' else 'order.paid' end, '{"type":"order.paid"}',
    case when i % 200 = 3 then 'gave_up' when i > total - 100 then 'pending' else 'delivered' end,
    case when i > total - 50 then 7 else 1 end, case when i % 200 = 3 then '500' when i > total - 100 then '404' else '204' end, at, at, at, at, at, 20 + i % 3000 from seed`;
const OPERATIONS = `insert into operations (id, payment_id, kind, reference, body_hash, amount, cause, state, created_at, updated_at, finished_at)
  select 'op_' || substr(id, 5), id, 'capture', 'c1', 'h', 72200, case when i % 60000 = 8 then 'operator' else 'merchant' end,
    case when i > total - 20 then 'pending' when i % 500 = 9 then 'failed' else 'done' end, at, at, at from seed where i % 2 = 0`;
const ATTEMPTS = `insert into update_attempts (effect_id, n, at, status, ms)
  select 'order-' || i || '/order.paid', 1, at + interval '100 milliseconds', case when i % 30 = 4 then 503 else 200 end, 80 from seed`;
const FINDINGS = `insert into findings (at, payment_id, gateway, currency, outcome, found_by, payment_method, reason, authorized)
  select at, id, 'dintero', 'NOK', case when i % 40 = 0 then 'expired' when i % 25 = 1 then 'declined' else 'paid' end,
    case when i % 40 = 0 or i % 25 = 1 then null when i % 50 = 0 then 'sweep' else 'callback' end, 'a.card',
    case when i % 25 = 1 then 'reason ' || i % 7 end, 72200 from seed
  union all select at + interval '1 hour', id, 'dintero', 'NOK', null, null, 'a.card', null, 0 from seed where i % 2 = 0`;
const AUDIT = `insert into audit (id, at, key, address, request_id, what, payment_id, status)
  select 'aud_' || substr(id, 5), at, case when i % 3 = 0 then 'backoffice' else 'shop' end, '192.0.2.1', 'r' || i, 'capture', id, 200
    from seed where i % 2 = 0`;

const CALLS = `insert into gateway_calls (gateway, minute, operation, outcome, step, calls, total_ms)
  select 'dintero', date_trunc('minute', now()) - m * interval '1 minute', operation, 'ok', 12 + step, 20, 900
    from generate_series(0, 8 * 1440 - 1) m, generate_series(0, 3) step,
      unnest(array['token', 'create_session', 'read_session', 'read_transaction', 'capture', 'refund']) operation`;

/** Fills a migrated database, and lets PostgreSQL analyze it. One payment a minute, if nothing else is given. */
export async function seedYears(databaseUrl: string, payments: number, secondsApart = 60): Promise<Seeded> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('set synchronous_commit = off');
  // Ids like those that the store makes.
  await client.query(
    `create temp table seed as select i, ${payments}::int as total,
       'pay_' || lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || substr(md5(i::text), 1, 16) as id, at,
       case when i > ${payments} - 200 then 'PENDING' when i % 20000 = 1 then 'ON_HOLD' when i % 50000 = 2 then 'REVIEW'
         when i % 40 = 0 then 'EXPIRED' when i % 10 = 3 and i > ${payments} - 20000 then 'AUTHORIZED' else 'CAPTURED' end as status
     from (select i, now() - (${payments} - i) * interval '${secondsApart} seconds' as at from generate_series(1, ${payments}) i) made`,
  );
  const filled = [
    GATEWAYS,
    ORDERS,
    PAYMENTS,
    TIMELINE,
    DELIVERIES,
    OUTBOX,
    OPERATIONS,
    ATTEMPTS,
    FINDINGS,
    AUDIT,
    CALLS,
  ];
  for (const statement of filled) await client.query(statement);
  await client.query('drop table seed');
  await client.query('vacuum analyze');
  const { rows } = await client.query<{ mb: number }>(
    'select (pg_database_size(current_database()) / 1e6)::int as mb',
  );
  await client.end();
  return { payments, megabytes: rows[0]?.mb ?? 0 };
}
