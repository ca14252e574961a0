/** The parameters of `/v1/payment_intents`. */
import { z } from 'zod';
import { pageFields } from '../http/list-page.ts';
import { emptyable, expand, flag, inert, integer, list, metadataSchema, text } from '../http/parameters.ts';

const inertFields = (names: string): Record<string, typeof inert> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, inert]));

const method = {
  payment_method: text(200).optional(),
  payment_method_data: z.looseObject({ type: text(50) }).optional(),
  payment_method_options: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  return_url: text().optional(),
};

export const intentSchema = z.strictObject({
  ...inertFields(
    `amount_details application_fee_amount confirmation_token customer_account
    error_on_requires_action excluded_payment_method_types hooks mandate mandate_data off_session on_behalf_of
    payment_details payment_method_configuration radar_options setup_future_usage transfer_data transfer_group
    use_stripe_sdk`,
  ),
  ...method,
  amount: integer(1),
  currency: text(3),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  confirm: flag.optional(),
  confirmation_method: z.enum(['automatic', 'manual']).optional(),
  customer: text(200).optional(),
  description: emptyable(1_000).optional(),
  metadata: metadataSchema.optional(),
  payment_method_types: list(text(50)).optional(),
  /** The name of it since 2026-10-28.endive. */
  allowed_payment_method_types: list(text(50)).optional(),
  receipt_email: emptyable(800).optional(),
  shipping: inert,
  statement_descriptor: text(22).optional(),
  statement_descriptor_suffix: text(22).optional(),
  expand,
});

export const confirmSchema = z.strictObject({
  ...inertFields(
    `allowed_payment_method_types amount_details amount_to_confirm client_secret confirmation_token error_on_requires_action
    excluded_payment_method_types hooks mandate mandate_data off_session payment_details radar_options
    receipt_email setup_future_usage shipping payment_method_types use_stripe_sdk`,
  ),
  ...method,
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  expand,
});

export const captureSchema = z.strictObject({
  ...inertFields(
    'amount_details application_fee_amount hooks payment_details statement_descriptor statement_descriptor_suffix transfer_data',
  ),
  amount_to_capture: integer(1).optional(),
  final_capture: flag.optional(),
  metadata: metadataSchema.optional(),
  expand,
});

export const cancelSchema = z.strictObject({
  cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  expand,
});

export const updateSchema = z.strictObject({
  ...inertFields(
    `allowed_payment_method_types amount amount_details application_fee_amount capture_method currency customer
    customer_account excluded_payment_method_types hooks payment_details payment_method
    payment_method_configuration payment_method_data payment_method_options payment_method_types
    setup_future_usage shipping transfer_data transfer_group`,
  ),
  description: emptyable(1_000).optional(),
  metadata: metadataSchema.optional(),
  receipt_email: emptyable(800).optional(),
  statement_descriptor: emptyable(22).optional(),
  statement_descriptor_suffix: emptyable(22).optional(),
  expand,
});

export const intentListSchema = z.strictObject({
  ...pageFields,
  customer: text().optional(),
  customer_account: text().optional(),
});
