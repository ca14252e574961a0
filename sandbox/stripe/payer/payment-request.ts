/** A payer's action, as a test or the page asks for it. */
import { z } from 'zod';
import { eventChoiceSchema } from '../events/event-plan.ts';
import { badParameter } from '../http/stripe-error.ts';
import { CARD, declined, type Method, type Result, resultOfCard } from '../payments/methods.ts';
import { ownFaultsSchema } from '../stripe-faults.ts';

/** Those of the Dintero sandbox where Stripe has the like, by the same names. */
export const OUTCOMES = [
  'authorize',
  'capture',
  'on_hold',
  'decline',
  'fail',
  'cancel',
  'abandon',
  'pay_failed',
  'initiate',
] as const;

/** How a debit ends: in Stripe's words, or in those of the Dintero sandbox, so that a test can drive both. */
export const endSchema = z
  .enum(['succeeded', 'failed', 'AUTHORIZED', 'CAPTURED', 'FAILED', 'DECLINED'])
  .transform((status): 'succeeded' | 'failed' =>
    ['succeeded', 'AUTHORIZED', 'CAPTURED'].includes(status) ? 'succeeded' : 'failed',
  );

/** The body of `POST /__sim/sessions/{id}/pay`. */
export const paySchema = z.strictObject({
  outcome: z.enum(OUTCOMES).optional(),
  card: z.string().optional(),
  /** Such as `sepa_debit` or `ideal`. */
  method: z.string().min(1).optional(),
  declineCode: z.string().optional(),
  amount: z.number().int().positive().optional(),
  currency: z.string().optional(),
  email: z.string().optional(),
  faults: ownFaultsSchema.optional(),
  callback: eventChoiceSchema,
  return: z.literal(false).optional(),
  resolve: z.strictObject({ status: endSchema, afterMs: z.number().int().min(0) }).optional(),
});

export type Payment = z.infer<typeof paySchema>;

/** What an action leads to. @throws StripeError for a card that is no test card */
export function resultOf({ outcome, card, method, declineCode }: Payment): Result | 'cancel' | 'abandon' {
  if (outcome === 'cancel' || outcome === 'abandon') return outcome;
  if (outcome === 'on_hold' || (outcome === undefined && method === 'sepa_debit'))
    return { is: 'processing' };
  if (outcome === 'initiate') return { is: 'action' };
  if (outcome === 'decline' || outcome === 'pay_failed')
    return { is: 'declined', failure: declined(declineCode) };
  if (outcome === 'fail') return { is: 'declined', failure: declined('processing_error') };
  if (outcome !== undefined || card === undefined) return { is: 'paid' };
  const known = resultOfCard(card);
  if (known !== undefined) return known;
  throw badParameter(
    'card',
    `${card.slice(0, 6)}… is not a test card; 4242 4242 4242 4242 pays, and docs/stripe-sandbox.md has the others`,
  );
}

/** The method of an action. */
export function methodOf({ card, method, outcome }: Payment, result: Result): Method {
  if (method !== undefined && method !== 'card') return { type: method };
  if (result.is === 'processing')
    return { type: 'sepa_debit', ...(card === undefined ? {} : { number: card }) };
  if (outcome === 'capture') return { type: 'ideal' };
  return card === undefined ? CARD : { type: 'card', number: card.replace(/[ -]/g, '') };
}
