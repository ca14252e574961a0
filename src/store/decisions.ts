/**
 * Decisions of people, as the API recorded them. A message alone never causes an action: any client of
 * Temporal could send it.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { PaymentKey } from '../domain/payment.ts';
import { rows, type Db } from './open.ts';
import { findOrder } from './payments.ts';
import { addNote } from './timeline.ts';

/**
 * Records a decision under a key that can't be guessed. Returns the key. With a key that is known it is recorded once.
 */
export async function writeDecision(
  db: Db,
  paymentId: string,
  {
    text,
    data,
  }: {
    readonly text: string;
    readonly data: {
      readonly decision: Decided;
      readonly actor?: string;
      /** The name of the API key. */
      readonly key?: string;
      readonly reason?: string;
      /** The session is closed to make room for another session of the order. */
      readonly replaces?: true;
    };
  },
  noteKey = `decision-${randomUUID()}`,
): Promise<string> {
  await addNote(db, paymentId, { kind: 'operator', text, data: { ...data } }, noteKey);
  return noteKey;
}

/**
 * What was decided. A decision about surplus never covers the payment's own money, and the other way round, also
 * where the question changes between the decision and its execution.
 */
export type Decided = 'accept' | 'dismiss' | 'dismiss_surplus' | 'give_back' | 'give_back_surplus' | 'cancel';

/** What the note with this key says that a person has decided; null where there is none. */
export async function findDecided(db: Db, paymentId: string, noteKey: string): Promise<Decided | null> {
  const [note] = await rows<{ decision: Decided }>(
    db,
    sql`select data ->> 'decision' as decision from timeline
      where payment_id = ${paymentId} and key = ${noteKey} and kind = 'operator'`,
  );
  return note?.decision ?? null;
}

/**
 * Marks the note of a decision as used by `by`, which may use it again. Returns whether there is such a note
 * that nothing else has used. A note that is unused for an hour expires: the person has to ask again.
 */
export async function useDecision(
  db: Db,
  paymentId: string,
  { noteKey, decision, by }: { readonly noteKey: string; readonly decision: Decided; readonly by: string },
): Promise<boolean> {
  const used = await rows(
    db,
    sql`update timeline set data = data || jsonb_build_object('usedBy', ${by}::text)
      where payment_id = ${paymentId} and key = ${noteKey} and kind = 'operator' and data ->> 'decision' = ${decision}
        and (data ->> 'usedBy' = ${by} or (data ->> 'usedBy' is null and at > now() - interval '1 hour'))
      returning id`,
  );
  return used.length === 1;
}

/** Whether something has acted on the decision with this key. */
export async function isDecisionUsed(db: Db, paymentId: string, noteKey: string): Promise<boolean> {
  const used = await rows(
    db,
    sql`select id from timeline where payment_id = ${paymentId} and key = ${noteKey} and kind = 'operator'
      and data ->> 'usedBy' is not null`,
  );
  return used.length === 1;
}

/** Whether the gateway was asked to close the payment's session because a caller of the API wanted it. */
export async function hasAskedToCancel(db: Db, paymentId: string): Promise<boolean> {
  const used = await rows(
    db,
    sql`select id from timeline where payment_id = ${paymentId} and kind = 'operator'
      and data ->> 'decision' = 'cancel' and data ->> 'usedBy' = 'cancel' limit 1`,
  );
  return used.length === 1;
}

/**
 * Why a session is closed: a caller of the API asked for it, in the note with this key, or another payment
 * has paid the order.
 */
export type ClosingCause =
  | { readonly why: 'merchant'; readonly noteKey: string }
  | { readonly why: 'order_paid' };

/**
 * A message alone closes nothing. The store knows which payment paid the order, and which request was made.
 */
export async function mayBeClosed(
  db: Db,
  { paymentId, orderReference }: Omit<PaymentKey, 'n'>,
  because: ClosingCause,
): Promise<boolean> {
  if (because.why === 'merchant')
    return useDecision(db, paymentId, { noteKey: because.noteKey, decision: 'cancel', by: 'cancel' });
  const paidPaymentId = (await findOrder(db, orderReference))?.order.paidPaymentId ?? null;
  return paidPaymentId !== null && paidPaymentId !== paymentId;
}
