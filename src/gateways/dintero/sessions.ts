import { z } from 'zod';
import type { PaymentKey } from '../../domain/payment.ts';
import type { Reading } from '../../domain/transaction.ts';
import type { FoundSession } from '../gateway.ts';
import { byTime } from '../shared/times.ts';
import { parseKey } from '../shared/payment-key.ts';
import { METADATA } from './session-request.ts';
import {
  amountField,
  currencyField,
  idField,
  isWellFormed,
  referenceField,
} from '../shared/gateway-fields.ts';
import { timeField } from '../shared/times.ts';
import { errorReason } from './parse-answer.ts';

const metadataField = z.record(z.string(), z.unknown()).nullish();

/** The answer to the creation of a session. */
export const openedSchema = z.object({
  id: idField,
  url: z.string().min(1).max(2048).refine(isWellFormed, 'expected a URL'),
});

/** The fields of a session that show whether it can be ours. */
export const namedSchema = z.object({
  id: idField,
  metadata: metadataField.catch(undefined),
  order: z.object({ merchant_reference: z.string() }).optional().catch(undefined),
  url: z.object({ return_url: z.string() }).optional().catch(undefined),
});

/** A session as found or read, with the order that it was opened for. */
export const sessionSchema = z.object({
  id: idField,
  created_at: timeField,
  expires_at: timeField.nullish(),
  cancelled_at: z.unknown().optional(),
  order: z.object({
    amount: amountField,
    currency: currencyField,
    merchant_reference: referenceField.catch(''),
  }),
});

const eventSchema = z.object({
  name: z.string(),
  created_at: z.string().optional().catch(undefined),
  details: z.object({ error: z.unknown().optional() }).nullish().catch(undefined),
});

/** The fields of a session that show its result. */
export const progressSchema = z.object({
  id: idField,
  transaction_id: idField.nullish(),
  cancelled_at: z.unknown().optional(),
  events: z.array(eventSchema).nullish(),
});

type SessionEvent = z.infer<typeof eventSchema>;
type SessionState = Extract<Reading, { kind: 'session' }>;

/** Our key from a session's metadata; null if it names no payment of ours. Numbers may come back as text. */
export function keyOf(metadata: Readonly<Record<string, unknown>> | null | undefined): PaymentKey | null {
  const text = (name: string): string => {
    const value = metadata?.[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  return parseKey(text(METADATA.paymentId), text(METADATA.orderReference), text(METADATA.n));
}

/** Dintero's session in our shape. */
export function toFoundSession(
  session: z.infer<typeof sessionSchema>,
  known: { readonly key: PaymentKey; readonly checkoutUrl: string; readonly now: Date },
): FoundSession {
  const { id, order, created_at: createdAt, expires_at: expiresAt } = session;
  const expired = expiresAt ? expiresAt.getTime() <= known.now.getTime() : false;
  return {
    sessionId: id,
    checkoutUrl: known.checkoutUrl,
    key: known.key,
    reference: order.merchant_reference,
    money: { amountMinor: order.amount, currency: order.currency },
    createdAt,
    live: !session.cancelled_at && !expired,
    ...(expiresAt && { expiresAt }),
  };
}

/** The state of a session without a transaction. Sessions have no status field, so their events decide. */
export function toSessionState(session: z.infer<typeof progressSchema>): SessionState {
  const last = byTime(session.events ?? [], ({ created_at: at }) => at).reduce<SessionState>(afterEvent, {
    kind: 'session',
    state: 'open',
  });
  if (session.cancelled_at && last.state !== 'cancelled') return { kind: 'session', state: 'cancelled' };
  return last;
}

function afterEvent(before: SessionState, { name, details }: SessionEvent): SessionState {
  if (before.state === 'cancelled') return before;
  const reason = errorReason(details?.error);
  const because = reason === undefined ? {} : { reason };
  switch (name) {
    case 'CANCELLED':
      return { kind: 'session', state: 'cancelled', ...because };
    case 'DECLINED':
      return { kind: 'session', state: 'declined', ...because };
    case 'FAILED':
      return { kind: 'session', state: 'failed', ...because };
    // The payer tries again. PAY_FAILED is in neither list, since the payer may choose another method after
    // it.
    case 'INITIATED':
    case 'VISITED':
    case 'PAY_LOCK_START':
      return { kind: 'session', state: 'open' };
    default:
      return before;
  }
}
