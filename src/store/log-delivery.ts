/** Logs a delivery first of all: what it is, and whether a run must be signalled. */
import { sql, type SQL } from 'drizzle-orm';
import type { Claim } from '../domain/callback.ts';
import { isMoney, PAYMENT_STATUSES, type PaymentKey } from '../domain/payment.ts';
import type { Clue } from '../domain/refusal-clue.ts';
import { newId } from './new-ids.ts';
import { rows, type Db } from './open.ts';

export interface ReceivedDelivery {
  readonly gateway: string;
  readonly eventId: string;
  readonly contentHash: string;
  readonly key: PaymentKey | null;
  /** Stored but not acted on: not ours, a ping, or not understood. */
  readonly ignoredBecause?: string;
  /** It names a transaction that no payment has yet. */
  readonly isParked?: boolean;
  readonly claim: Claim;
  /** The fingerprint of the secret that signed it. */
  readonly secret?: string;
  /** What was wrong with its signature. */
  readonly clues?: readonly Clue[];
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The answer of the log about a delivery that was just written to it. */
export interface LogAnswer {
  readonly id: string;
  readonly result: 'accepted' | 'duplicate' | 'ignored';
  /** The workflow was not signalled yet. */
  readonly toSignal: boolean;
  /**
   * It names an event while an operation of ours is under way. The record of that operation may answer it in
   * a moment.
   */
  readonly mayBeEcho: boolean;
}

interface LoggedRow {
  id: string;
  inserted: boolean;
  state: string | null;
  outcome: LogAnswer['result'];
  isEcho: boolean;
}

/**
 * Logs a verified delivery and classifies it, in one statement. The same event id twice is one row. Equal
 * content for a settled payment is a duplicate; for an unsettled payment it may be the callback that finally
 * says AUTHORIZED. A delivery that adds nothing to a payment whose money is proved counts as handled once it
 * is logged.
 */
export async function logDelivery(db: Db, received: ReceivedDelivery): Promise<LogAnswer> {
  const { gateway, eventId, contentHash, key, secret = null } = received;
  const [row] = await rows<LoggedRow>(
    db,
    sql`with answer as (${answerFor(received)}), logged as (
        insert into deliveries (id, gateway, event_id, content_hash, payment_id, order_reference, n, outcome, state, reason,
          claim, secret, clues, method, target, headers, body, handled_at)
        select ${newId('dlv')}, ${gateway}, ${eventId}, ${contentHash}, ${key?.paymentId ?? null}, ${key?.orderReference ?? null},
          ${key?.n ?? null}::integer, answer.outcome, answer.state, answer.reason, ${JSON.stringify(received.claim)}::jsonb,
          ${secret}, ${cluesOf(received)}::jsonb, ${received.method}, ${received.target}, ${JSON.stringify(received.headers)}::jsonb, ${received.body},
          case when answer.state = 'handled' then now() end from answer
        on conflict (gateway, event_id) do update
          set receipts = deliveries.receipts + 1, last_received_at = now(), secret = coalesce(excluded.secret, deliveries.secret)
        returning *, (xmax = 0) as inserted), noted as (
        insert into timeline (payment_id, at, kind, text, data, key) ${noteOfAnswered(sql`logged`)}
          and outcome = 'accepted' and state = 'handled' and inserted on conflict do nothing)
        select id, inserted, state, outcome, claim->>'eventRef' is not null and exists (select 1 from operations w
          where w.payment_id = logged.payment_id and w.state in ('pending', 'unknown')
          and w.sent_at > now() - ${ECHO_WITHIN}) as "isEcho" from logged`,
  );
  return answerOf(row as LoggedRow);
}

function cluesOf({ clues = [] }: ReceivedDelivery): string | null {
  return clues.length === 0 ? null : JSON.stringify(clues);
}

/** So soon after an operation was sent, its own answer is still awaited and not recorded yet. */
const ECHO_WITHIN = sql`interval '5 seconds'`;

/** Classifies a delivery by what the store has: its outcome, its state and why it is ignored. */
function answerFor({ gateway, contentHash, key, claim, ignoredBecause, isParked }: ReceivedDelivery): SQL {
  if (isParked === true) return sql`select 'accepted' as outcome, null::text as reason, 'parked' as state`;
  const paymentId = key?.paymentId ?? null;
  return sql`select outcome, reason, case when outcome <> 'accepted' or exists (select 1 from payments p
        where p.id = ${paymentId} and ${tellsNothingNew(sql`p`, sql`${JSON.stringify(claim)}::jsonb`)})
      then 'handled' else 'received' end as state
    from (select case when ${ignoredBecause ?? null}::text is not null or lost.id is not null then 'ignored'
        when exists (select 1 from deliveries d join payments p on p.id = d.payment_id
          where d.payment_id = ${paymentId} and d.content_hash = ${contentHash} and d.gateway = ${gateway}
            and d.state = 'handled' and d.outcome = 'accepted' and p.status not in ('PENDING', 'ON_HOLD', 'REVIEW'))
        then 'duplicate' else 'accepted' end as outcome,
        coalesce(${ignoredBecause ?? null}::text, 'lost: its order and number belong to ' || lost.id) as reason
      from (select 1) one left join payments lost on lost.order_reference = ${key?.orderReference ?? null}
        and lost.n = ${key?.n ?? null}::integer and lost.id <> ${paymentId}) said`;
}

/** The negation of the domain's `tellsNews`, for a row of payments and a claim. */
function tellsNothingNew(payment: SQL, claim: SQL): SQL {
  return sql`${payment}.transaction_id = ${claim}->>'transactionId' and ${claim}->>'error' is null and case
    when ${claim}->>'event' is not null then ${payment}.status in (${MONEY}, 'AUTHORIZED')
      and coalesce(jsonb_exists(${payment}.known_events, ${claim}->>'eventRef'), false)
    else ${payment}.status in (${MONEY}) or (${payment}.status = 'AUTHORIZED' and ${payment}.capture = 'manual') end`;
}

const MONEY = sql.join(
  PAYMENT_STATUSES.filter((status) => isMoney(status) && status !== 'AUTHORIZED').map(
    (status) => sql`${status}`,
  ),
  sql`, `,
);

function noteOfAnswered(from: SQL): SQL {
  return sql`select payment_id, received_at, 'delivery', 'verified callback: it says no more than was known', claim,
    'delivery-' || id from ${from} where payment_id is not null`;
}

/**
 * Marks deliveries that were logged while the payment was being settled and add nothing to it: no run needs
 * to look for them. Called in the transaction that proves the money or records an operation, after its change
 * of the payment. Also called by the ingress after it has waited for that.
 */
export async function markAnswered(tx: Db, paymentId: string): Promise<void> {
  await tx.execute(sql`with answered as (update deliveries d set state = 'handled', handled_at = now() from payments p
      where d.payment_id = ${paymentId} and p.id = d.payment_id and d.state in ('received', 'signalled')
        and d.outcome = 'accepted' and ${tellsNothingNew(sql`p`, sql`d.claim`)} returning d.*)
    insert into timeline (payment_id, at, kind, text, data, key) ${noteOfAnswered(sql`answered`)} on conflict do nothing`);
}

function answerOf({ id, inserted, state, outcome, isEcho }: LoggedRow): LogAnswer {
  const isAgain = !inserted && outcome !== 'ignored';
  const toSignal = state === 'received';
  return { id, result: isAgain ? 'duplicate' : outcome, toSignal, mayBeEcho: toSignal && isEcho };
}

/**
 * Whether a delivery still needs a look after the work that was under way at its arrival has been recorded.
 */
export async function asksForLook(db: Db, id: string, paymentId: string): Promise<boolean> {
  await markAnswered(db, paymentId);
  const [found] = await rows<{ state: string }>(db, sql`select state from deliveries where id = ${id}`);
  return found?.state === 'received';
}
