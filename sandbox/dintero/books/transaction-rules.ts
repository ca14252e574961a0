/** The rules that each transaction must follow at every moment. */
import { sumsOf } from '../transactions/sums.ts';
import type { Violation } from './question.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction, TransactionEvent } from '../transactions/transaction.ts';

/** Captures within the authorization, refunds within the captures, each reference used once. */
export function transactionViolations(transaction: Transaction, session: Session | undefined): Violation[] {
  const { captured, refunded, voided } = sumsOf(transaction);
  const found: Violation[] = [];
  const add = (rule: string, text: string): unknown =>
    found.push({ rule, text, transactionId: transaction.id, reference: transaction.merchant_reference });
  if (captured + voided > transaction.amount) {
    add('over_captured', `captured ${captured} and voided ${voided} of ${transaction.amount}`);
  }
  if (refunded > captured) add('over_refunded', `refunded ${refunded} of ${captured} captured`);
  for (const name of ['CAPTURE', 'REFUND']) {
    for (const [reference, times] of repeated(transaction, session, name)) {
      add(`double_${name.toLowerCase()}`, `${name} by ${reference} succeeded ${times} times`);
    }
  }
  return found;
}

/** An event without its own reference gets that of the order, so that one may repeat. */
function repeated(
  transaction: Transaction,
  session: Session | undefined,
  name: string,
): [reference: string, times: number][] {
  const usual = session?.order['event_reference'];
  const counts = new Map<string, number>();
  const isOne = ({ event, success }: TransactionEvent): boolean => success && event === name;
  for (const { event_reference: reference } of transaction.events.filter(isOne)) {
    if (reference === undefined || reference === usual) continue;
    counts.set(reference, (counts.get(reference) ?? 0) + 1);
  }
  return [...counts].filter(([, times]) => times > 1);
}
