import { z } from 'zod';
import type { PaymentKey } from '../../domain/payment.ts';
import type { FoundSession } from '../gateway.ts';
import { amountField, idField, isHttpUrl } from '../shared/gateway-fields.ts';
import { orderOf } from './metadata.ts';
import { currencyField, metadataField, secondsField } from './stripe-fields.ts';

/** The answer to the creation of a session. */
export const openedSchema = z.object({
  id: idField.regex(/^cs_/, 'expected cs_…'),
  livemode: z.boolean(),
  url: z.string().max(4_096).refine(isHttpUrl, 'expected an absolute http(s) URL'),
});

/** The fields of a session that show whether it is ours. */
export const namedSchema = z.object({ id: idField, livemode: z.boolean(), metadata: metadataField });

/** A session as found or read. It has a `url` while it is open. */
export const sessionSchema = z.object({
  id: idField,
  created: secondsField,
  expires_at: secondsField,
  status: z.string().nullish(),
  amount_total: amountField,
  currency: currencyField,
  metadata: metadataField,
  url: z.string().nullish(),
});

/** Stripe's session in our shape. */
export function toFoundSession(session: z.infer<typeof sessionSchema>, key: PaymentKey): FoundSession {
  const { id, metadata, url, status, created, expires_at: expiresAt } = session;
  return {
    sessionId: id,
    checkoutUrl: url ?? `https://checkout.stripe.com/c/pay/${id}`,
    key,
    reference: orderOf(metadata) ?? '',
    money: { amountMinor: session.amount_total, currency: session.currency },
    createdAt: created,
    live: status !== 'expired',
    expiresAt,
  };
}
