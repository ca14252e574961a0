/** What an event says about the state of a payment, as far as its object shows that. */
import { z } from 'zod';
import type { TransactionStatus } from '../../domain/transaction.ts';
import type { ListedTransaction } from '../gateway.ts';
import { amountField, idField } from '../shared/gateway-fields.ts';
import { hostOf } from './metadata.ts';
import {
  currencyField,
  flagField,
  metadataField,
  referredId,
  secondsField,
  wordField,
} from './stripe-fields.ts';

const aboutSchema = z.object({
  id: idField,
  object: idField,
  payment_intent: referredId,
  latest_charge: referredId,
  metadata: metadataField,
  status: wordField,
  payment_status: wordField,
  amount: amountField.catch(0),
  currency: currencyField.catch('XXX'),
  amount_total: amountField.optional().catch(undefined),
  amount_received: amountField.catch(0),
  amount_captured: amountField.nullish().catch(0),
  amount_refunded: amountField.catch(0),
  captured: flagField,
});

type About = z.infer<typeof aboutSchema>;

const eventSchema = z.object({
  id: idField,
  type: idField,
  created: secondsField,
  data: z.object({ object: aboutSchema }),
});

/** Null for an event that is about nothing of ours, or that no look could follow from. */
export function toChange(event: unknown, host: string): ListedTransaction | null {
  const parsed = eventSchema.safeParse(event).data;
  if (parsed === undefined) return null;
  const { id: change, type, created, data } = parsed;
  const transactionId = transactionOf(data.object);
  const status = statusOf(data.object, type);
  if (!transactionId || status === null || !mayBeOurs(data.object, host)) return null;
  const { object, id, amount, amount_total: total, currency } = data.object;
  return {
    transactionId,
    sessionId: object === 'checkout.session' ? id : null,
    status,
    money: { amountMinor: total ?? amount, currency },
    createdAt: created,
    ...sumsOf(data.object),
    ...(status === 'UNCLEAR' && { change }),
  };
}

type Sums = Pick<ListedTransaction, 'capturedMinor' | 'refundedMinor'>;

/** A second partial capture or refund changes no status. */
function sumsOf({ object, captured, ...sums }: About): Sums {
  if (object === 'payment_intent') return { capturedMinor: sums.amount_received };
  if (object !== 'charge' || !captured) return {};
  return { capturedMinor: sums.amount_captured ?? 0, refundedMinor: sums.amount_refunded };
}

/** Whether an event is about a payment of ours, or about an object that has no metadata of ours by design. */
export function mayBeOurs({ object, metadata }: Pick<About, 'object' | 'metadata'>, host: string): boolean {
  const named = hostOf(metadata);
  return named === host || (named === undefined && (object === 'refund' || object === 'dispute'));
}

/** The same for an event of a list. */
export function isAboutOurs(event: unknown, host: string): boolean {
  const parsed = eventSchema.safeParse(event).data;
  return parsed !== undefined && mayBeOurs(parsed.data.object, host);
}

function transactionOf({ object, id, payment_intent: intent }: About): string | null | undefined {
  return object === 'payment_intent' ? id : intent;
}

/** Null where the other listing shows it, or where no money is at stake. */
function statusOf(about: About, type: string): TransactionStatus | null {
  switch (about.object) {
    case 'checkout.session':
      return sessionStatus(about, type);
    case 'payment_intent':
      return intentStatus(about);
    case 'charge':
      return chargeStatus(about, type);
    // Only a read shows what they lead to.
    case 'refund':
    case 'dispute':
      return 'UNCLEAR';
    default:
      return null;
  }
}

function sessionStatus({ payment_status: paid }: About, type: string): TransactionStatus | null {
  if (type.endsWith('.async_payment_failed')) return 'FAILED';
  return paid === 'paid' ? 'CAPTURED' : null;
}

function intentStatus(about: About): TransactionStatus | null {
  const { status, amount_received: captured, latest_charge: charge } = about;
  if (status === 'succeeded') return 'CAPTURED';
  if (status === 'requires_capture') return captured > 0 ? 'PARTIALLY_CAPTURED' : 'AUTHORIZED';
  if (status === 'processing') return 'ON_HOLD';
  // A session that nobody paid cancels its PaymentIntent.
  return status === 'canceled' && charge ? 'VOIDED' : null;
}

function chargeStatus(about: About, type: string): TransactionStatus | null {
  const { amount_captured: sum, amount_refunded: refunded, captured, status } = about;
  if (type === 'charge.expired') return 'VOIDED';
  if (status !== 'succeeded') return null;
  if (refunded > 0) return refunded < (sum ?? 0) ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return captured ? 'CAPTURED' : null;
}
