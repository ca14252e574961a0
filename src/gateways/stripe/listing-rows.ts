import { z } from 'zod';
import type { TransactionStatus } from '../../domain/transaction.ts';
import type { ListedTransaction } from '../gateway.ts';
import { amountField, idField } from '../shared/gateway-fields.ts';
import { keyOf } from './metadata.ts';
import { moneyOf } from './parse-transaction.ts';
import { stateWithoutMoney } from './read-payment.ts';
import { refundsOf } from './refunds.ts';
import { currencyField, metadataField, referredId, secondsField } from './stripe-fields.ts';
import { paidSessionSchema, type Payment } from './stripe-objects.ts';

const begunSchema = z.object({
  id: idField,
  created: secondsField,
  amount_total: amountField.catch(0),
  currency: currencyField.catch('XXX'),
  payment_intent: referredId,
  metadata: metadataField,
});

/**
 * A row of the sessions. Null for a session that nobody has begun to pay; a row that is only partly understood
 * is UNCLEAR.
 */
export function toListed(row: unknown, host: string): ListedTransaction | null {
  const begun = begunSchema.safeParse(row).data;
  if (!begun?.payment_intent) return null;
  const parsed = paidSessionSchema.safeParse(row);
  const common = {
    transactionId: begun.payment_intent,
    sessionId: begun.id,
    createdAt: begun.created,
    key: keyOf(begun.metadata, host),
  };
  if (parsed.success && parsed.data.payment_intent) return { ...common, ...shownBy(parsed.data as Payment) };
  const money = { amountMinor: begun.amount_total, currency: begun.currency };
  return { ...common, status: 'UNCLEAR', money };
}

type Shown = Pick<ListedTransaction, 'status' | 'money' | 'capturedMinor' | 'refundedMinor'>;

function shownBy(session: Payment): Shown {
  const { payment_intent: intent } = session;
  const money = { amountMinor: intent.amount, currency: intent.currency };
  const state = stateWithoutMoney(session);
  // An open or ended session without money is no news.
  if (state !== null) return { status: statusOf(state.kind), money };
  const refunds = intent.latest_charge?.refunds;
  const { status, capturedMinor, refundedMinor } = moneyOf(intent, refundsOf(refunds?.data ?? []));
  // More refunds than a row shows: the read sees them all.
  return refunds?.has_more ? { status, money } : { status, money, capturedMinor, refundedMinor };
}

function statusOf(kind: string): TransactionStatus {
  return kind === 'session' ? 'INITIATED' : 'UNCLEAR';
}
