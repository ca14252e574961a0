/** What an event's object says: whose it is, and which fact it tells. */
import { z } from 'zod';
import type { Claim } from '../../domain/callback.ts';
import type { PaymentKey } from '../../domain/payment.ts';
import { amountField, idField } from '../shared/gateway-fields.ts';
import { FACTS } from './fact-names.ts';
import { hostOf, keyOf } from './metadata.ts';
import { flagField, metadataField, referredId, wordField } from './stripe-fields.ts';

/** The object of an event as far as it was understood. */
export interface EventObject {
  /** Null where it is not ours, or where it has no metadata of ours by design. */
  readonly key: PaymentKey | null;
  /** It has no metadata of ours by design: the ids in the claim identify the payment. */
  readonly isKeyless: boolean;
  readonly claim: Pick<Claim, 'sessionId' | 'transactionId' | 'eventRef' | 'error'>;
}

const sessionSchema = z.object({
  object: z.literal('checkout.session'),
  id: idField,
  mode: wordField,
  status: idField,
  payment_status: idField,
  payment_intent: referredId,
  metadata: metadataField,
});

const errorSchema = z.object({ code: wordField, decline_code: wordField }).nullish().catch(undefined);

const intentSchema = z.object({
  object: z.literal('payment_intent'),
  id: idField,
  status: idField,
  amount_received: amountField,
  last_payment_error: errorSchema,
  metadata: metadataField,
});

const chargeSchema = z.object({
  object: z.literal('charge'),
  id: idField,
  amount_captured: amountField.nullish(),
  amount_refunded: amountField,
  captured: flagField,
  status: wordField,
  failure_code: wordField,
  payment_intent: referredId,
  metadata: metadataField,
});

const refundSchema = z.object({
  object: z.literal('refund'),
  id: idField,
  status: idField.nullish(),
  payment_intent: referredId,
  metadata: metadataField,
});

const disputeSchema = z.object({
  object: z.literal('dispute'),
  id: idField,
  status: idField,
  payment_intent: referredId,
});

const objectSchema = z.discriminatedUnion('object', [
  sessionSchema,
  intentSchema,
  chargeSchema,
  refundSchema,
  disputeSchema,
]);

type Understood = z.infer<typeof objectSchema>;

/** Null where the object can't be understood. */
export function readObject(object: unknown, type: string, host: string): EventObject | null {
  const parsed = objectSchema.safeParse(object);
  return parsed.success ? toEventObject(parsed.data, type, host) : null;
}

function toEventObject(object: Understood, type: string, host: string): EventObject {
  switch (object.object) {
    case 'checkout.session': {
      const { id, status, payment_status: paid, payment_intent: intent, metadata } = object;
      const isFailure = type.endsWith('.async_payment_failed');
      const eventRef = isFailure ? FACTS.failed : FACTS.session(status, paid);
      const failure = isFailure ? { error: 'the payment failed later' } : {};
      const claim = { sessionId: id, ...transactionOf(intent), eventRef, ...failure };
      return { ...ownerOf(metadata, host), claim };
    }
    case 'payment_intent':
      return {
        ...ownerOf(object.metadata, host),
        claim: { transactionId: object.id, ...factOfIntent(object, type) },
      };
    case 'charge': {
      const claim = { ...transactionOf(object.payment_intent), ...factOfCharge(object, type) };
      return { ...ownerOf(object.metadata, host), claim };
    }
    case 'refund': {
      const { id, status, payment_intent: intent, metadata } = object;
      const claim = { ...transactionOf(intent), eventRef: FACTS.refund(id, status ?? 'pending') };
      return { key: null, isKeyless: isUnowned(metadata, host), claim };
    }
    case 'dispute': {
      const { id, status, payment_intent: intent } = object;
      return {
        key: null,
        isKeyless: true,
        claim: { ...transactionOf(intent), eventRef: FACTS.dispute(id, status) },
      };
    }
  }
}

/** Sessions, PaymentIntents and charges of ours have our metadata, so any other is not ours. */
function ownerOf(
  metadata: z.infer<typeof metadataField>,
  host: string,
): Pick<EventObject, 'key' | 'isKeyless'> {
  return { key: keyOf(metadata, host), isKeyless: false };
}

/** A refund may be made in the dashboard; one that another paidonce made is not ours. */
function isUnowned(metadata: z.infer<typeof metadataField>, host: string): boolean {
  return (hostOf(metadata) ?? host) === host;
}

function transactionOf(intentId: string | null | undefined): Pick<Claim, 'transactionId'> {
  return intentId ? { transactionId: intentId } : {};
}

type Fact = Pick<Claim, 'eventRef' | 'error'>;

function factOfIntent(
  { status, amount_received: captured, last_payment_error: error }: z.infer<typeof intentSchema>,
  type: string,
): Fact {
  if (type.endsWith('.payment_failed')) return failed(error?.decline_code ?? error?.code);
  if (status === 'canceled') return { eventRef: FACTS.voided };
  if (status === 'processing') return { eventRef: FACTS.processing };
  // A status that is not known may be any fact: only a read can tell.
  if (status !== 'succeeded' && status !== 'requires_capture') return {};
  return { eventRef: captured > 0 ? FACTS.captured(captured) : FACTS.authorized };
}

function factOfCharge(charge: z.infer<typeof chargeSchema>, type: string): Fact {
  const { status, captured, amount_captured: sum, amount_refunded: refunded } = charge;
  if (status === 'failed') return failed(charge.failure_code);
  if (type === 'charge.expired') return { eventRef: FACTS.voided };
  if (type === 'charge.pending') return { eventRef: FACTS.processing };
  if (status !== 'succeeded' && status !== 'pending') return {};
  if (refunded > 0 && type !== 'charge.captured') return { eventRef: FACTS.refunded(refunded) };
  return { eventRef: captured || (sum ?? 0) > 0 ? FACTS.captured(sum ?? 0) : FACTS.authorized };
}

function failed(code: string | undefined): Fact {
  return { eventRef: FACTS.failed, error: code ?? 'failed' };
}
