/** Stripe's objects, strict in the fields that money depends on, tolerant in the others. */
import { z } from 'zod';
import { amountField, idField, shownField } from '../shared/gateway-fields.ts';
import {
  currencyField,
  flagField,
  metadataField,
  optionalSeconds,
  pageOf,
  referredId,
  wordField,
} from './stripe-fields.ts';

export const refundSchema = z.object({
  id: idField,
  amount: amountField,
  status: idField.nullish(),
  created: optionalSeconds,
  metadata: metadataField,
  failure_reason: wordField,
  failure_balance_transaction: referredId,
  payment_intent: referredId,
});
export type Refund = z.infer<typeof refundSchema>;

export const refundPage = pageOf(refundSchema);

export const disputeSchema = z.object({
  id: idField,
  amount: amountField,
  status: idField,
  reason: wordField,
  payment_intent: referredId,
  evidence_details: z.object({ due_by: optionalSeconds }).nullish().catch(undefined),
});
export type StripeDispute = z.infer<typeof disputeSchema>;

export const disputePage = pageOf(disputeSchema);

const cardSchema = z.object({
  capture_before: optionalSeconds,
  multicapture: z.object({ status: wordField }).nullish().catch(undefined),
});

export const chargeSchema = z.object({
  id: idField,
  amount: amountField,
  amount_captured: amountField.nullish(),
  amount_refunded: amountField,
  captured: flagField,
  disputed: flagField,
  status: wordField,
  failure_message: shownField(300),
  payment_method_details: z
    .object({ type: wordField, card: cardSchema.nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

const chargeWithRefunds = chargeSchema.extend({ refunds: refundPage.nullish() });
export type Charge = z.infer<typeof chargeWithRefunds>;

/** Whether the authorization can be captured in parts. */
export function canCaptureAgain({ payment_method_details: method }: z.infer<typeof chargeSchema>): boolean {
  return method?.card?.multicapture?.status === 'available';
}

const errorSchema = z.object({
  code: wordField,
  decline_code: wordField,
  message: shownField(300),
});

export const intentSchema = z.object({
  id: idField,
  status: idField,
  amount: amountField,
  amount_capturable: amountField.catch(0),
  amount_received: amountField,
  currency: currencyField,
  livemode: z.boolean(),
  capture_method: wordField,
  metadata: metadataField,
  cancellation_reason: wordField,
  last_payment_error: errorSchema.nullish().catch(undefined),
});

const paidIntent = intentSchema.extend({ latest_charge: chargeWithRefunds.nullish() });
export type Intent = z.infer<typeof paidIntent>;

/** A session with its payment, as we ask for it: everything is expanded. */
export const paidSessionSchema = z.object({
  id: idField,
  status: idField.nullish(),
  payment_status: idField.catch('unpaid'),
  livemode: z.boolean(),
  metadata: metadataField,
  created: optionalSeconds,
  payment_intent: paidIntent.nullish(),
});
export type PaidSession = z.infer<typeof paidSessionSchema>;
/** A session that has a payment. */
export type Payment = PaidSession & { readonly payment_intent: Intent };
