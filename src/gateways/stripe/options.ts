import { z } from 'zod';

/** Stripe takes 5 to 22 characters, without < > \ ' " and *, and at least one letter. */
const descriptor = z
  .string()
  .regex(
    /^(?=.*[A-Za-z])[^<>\\'"*\p{Cc}]{1,22}$/u,
    'expected at most 22 characters with a letter, without < > \\ \' " *',
  );

/** The fields of `options.stripe`: what only Stripe understands. */
export const STRIPE_OPTIONS = z.strictObject({
  /** On the payer's statement, for payment methods other than cards. */
  statementDescriptor: descriptor.optional(),
  /** Follows the account's own text on the payer's card statement. */
  statementDescriptorSuffix: descriptor.optional(),
  /** Only these, in place of those that the dashboard switches on: `["card", "klarna"]`. */
  paymentMethodTypes: z
    .array(z.string().regex(/^[a-z0-9_]{1,50}$/))
    .min(1)
    .max(50)
    .optional(),
  /** Asks for several captures of one authorization, where the payer's card allows them. */
  multicapture: z.literal(true).optional(),
  paymentMethodConfiguration: z
    .string()
    .regex(/^pmc_[A-Za-z0-9]{1,100}$/)
    .optional(),
});

export type StripeOptions = z.infer<typeof STRIPE_OPTIONS>;
