/**
 * Stripe releases what a last capture leaves. Before its version 2025-03-31 it showed that as a refund, and
 * still may for a capture that was made with an older version, as in a plugin of the same account. Nothing was
 * captured of that money, so it must not count as refunded.
 */
import { z } from 'zod';
import { amountField } from '../shared/gateway-fields.ts';
import { hostOf } from './metadata.ts';
import { oldestFirst } from './refunds.ts';
import { currencyField } from './stripe-fields.ts';
import type { Intent, Refund } from './stripe-objects.ts';

/** The charge as far as it shows the sum that was booked for it. */
export const bookedChargeSchema = z.object({
  currency: currencyField,
  balance_transaction: z
    .object({
      amount: amountField,
      currency: currencyField,
      exchange_rate: z.number().positive().nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
});

type BookedCharge = z.infer<typeof bookedChargeSchema>;

/**
 * The refund that may be the release of the rest: the oldest, not ours, of exactly the rest. A refund that a
 * person made may look the same, so `isRelease` has to decide.
 */
export function possibleRelease(intent: Intent, refunds: readonly Refund[]): Refund | undefined {
  const { amount, amount_received: captured, amount_capturable: capturable } = intent;
  if (captured === 0 || captured >= amount || capturable > 0) return undefined;
  const [oldest] = oldestFirst(refunds);
  const isRest = oldest?.amount === amount - captured && hostOf(oldest.metadata) === undefined;
  return isRest ? oldest : undefined;
}

/**
 * Where the rest was shown as a refund, all of the authorization was booked; otherwise only what was captured.
 */
export function isRelease(intent: Intent, { currency, balance_transaction: booked }: BookedCharge): boolean {
  if (!booked) return false;
  const rate = booked.currency === currency ? 1 : (booked.exchange_rate ?? 0);
  const distance = (sum: number): number => Math.abs(booked.amount - sum * rate);
  return distance(intent.amount) < distance(intent.amount_received);
}
