/** The parameters of `POST /v1/checkout/sessions`. */
import { z } from 'zod';
import { expand, inert, integer, list, metadataSchema, text } from '../http/parameters.ts';

const LOCALES =
  'auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW'.split(
    ' ',
  );

/** Parameters that are taken and change nothing here. */
const INERT = Object.fromEntries(
  `adaptive_pricing after_expiration allow_promotion_codes automatic_tax
  billing_address_collection branding_settings consent_collection custom_fields custom_text customer_account
  customer_creation customer_update discounts excluded_payment_method_types integration_identifier
  invoice_creation managed_payments name_collection optional_items origin_context payment_method_collection
  payment_method_configuration payment_method_data permissions phone_number_collection redirect_on_completion
  return_url saved_payment_method_options setup_intent_data shipping_address_collection shipping_options
  subscription_data tax_id_collection ui_mode wallet_options`
    .split(/\s+/)
    .map((name) => [name, inert]),
);

const url = text(5_000).refine((given) => URL.canParse(given), {
  error: 'Not a valid URL',
  params: { stripe: 'url_invalid' },
});

const descriptor = text(22)
  .min(5, { error: 'The statement descriptor must be at least 5 characters.' })
  .refine((given) => /[A-Za-z]/.test(given) && !/[<>\\'"*]/.test(given), {
    error: 'The statement descriptor must contain a letter and none of <, >, \\, \', ", *.',
  });

const lineItem = z.strictObject({
  price: text(200).optional(),
  price_data: z
    .strictObject({
      currency: text(3),
      product: text(200).optional(),
      product_data: z
        .strictObject({
          name: text(250),
          description: text(40_000).optional(),
          images: list(text(2_048)).optional(),
          metadata: metadataSchema.optional(),
          tax_code: inert,
          tax_details: inert,
          unit_label: inert,
        })
        .optional(),
      recurring: inert,
      tax_behavior: inert,
      unit_amount: integer(0).optional(),
      unit_amount_decimal: inert,
    })
    .optional(),
  quantity: integer(1, 999_999).optional(),
  adjustable_quantity: inert,
  metadata: metadataSchema.optional(),
  tax_rates: inert,
});

export type LineItem = z.output<typeof lineItem>;

const intentData = z.strictObject({
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  description: text(1_000).optional(),
  metadata: metadataSchema.optional(),
  statement_descriptor: descriptor.optional(),
  statement_descriptor_suffix: text(22).optional(),
  receipt_email: text(800).optional(),
  setup_future_usage: z.enum(['on_session', 'off_session']).optional(),
  shipping: inert,
  application_fee_amount: inert,
  on_behalf_of: inert,
  transfer_data: inert,
  transfer_group: inert,
});

export const sessionSchema = z.strictObject({
  ...INERT,
  mode: z.enum(['payment']),
  line_items: list(lineItem).min(1).max(100, { error: 'You can only have up to 100 line items.' }),
  success_url: url,
  cancel_url: url.optional(),
  client_reference_id: text(200).optional(),
  currency: text(3).optional(),
  customer: text(200).optional(),
  customer_email: z
    .string()
    .regex(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, { error: 'Invalid email address', abort: true })
    .max(800)
    .optional(),
  expires_at: integer(0, 9_999_999_999).optional(),
  locale: z.enum(LOCALES as [string, ...string[]]).optional(),
  metadata: metadataSchema.optional(),
  payment_intent_data: intentData.optional(),
  payment_method_options: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  payment_method_types: list(text(50)).min(1).optional(),
  /** The name of it since 2026-10-28.endive. */
  allowed_payment_method_types: list(text(50)).min(1).optional(),
  submit_type: z.enum(['auto', 'book', 'donate', 'pay', 'subscribe']).optional(),
  expand,
});

export type SessionRequest = z.output<typeof sessionSchema>;

export const sessionUpdateSchema = z.strictObject({
  metadata: metadataSchema.optional(),
  collected_information: inert,
  line_items: inert,
  payment_intent_data: inert,
  shipping_options: inert,
  expand,
});
