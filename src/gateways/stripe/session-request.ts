import type { SessionRequest } from '../gateway.ts';
import type { Parameters } from './form-parameters.ts';
import { toLineItems } from './line-items.ts';
import { localeOf } from './locales.ts';
import { metadataOf } from './metadata.ts';
import { STRIPE_OPTIONS, type StripeOptions } from './options.ts';
import { returnUrl } from './urls.ts';

const MINUTE_MS = 60_000;

/**
 * Stripe takes 30 minutes to 24 hours from its own clock, which may differ from ours. `traits.lifetime` is
 * narrower than this, so that a repeated request nearly always has the same body.
 */
const SHORTEST_MS = 30.5 * MINUTE_MS;
const LONGEST_MS = 24 * 60 * MINUTE_MS - 0.5 * MINUTE_MS;

export interface SessionSettings {
  readonly publicUrl: string;
  readonly now: Date;
}

/** The form of `POST /v1/checkout/sessions`. */
export function toSessionForm(request: SessionRequest, { publicUrl, now }: SessionSettings): Parameters {
  const metadata = metadataOf(request, new URL(publicUrl).host);
  const url = returnUrl(publicUrl, request);
  const options = STRIPE_OPTIONS.parse(request.options ?? {});
  return {
    mode: 'payment',
    client_reference_id: request.paymentId,
    line_items: toLineItems(request),
    success_url: url,
    cancel_url: url,
    expires_at: Math.floor(expiryOf(request.expiresAt, now) / 1_000),
    locale: localeOf(request.language),
    customer_email: request.customer?.email,
    metadata,
    payment_intent_data: toIntent(request, metadata, options),
    // Without types, Stripe offers what the dashboard switches on and the payer can use.
    payment_method_types: options.paymentMethodTypes,
    payment_method_configuration: options.paymentMethodConfiguration,
    ...(options.multicapture && {
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    }),
  };
}

/** Manual capture hides the payment methods that can't do it, so it is asked for only where it is wanted. */
function toIntent(
  { orderReference, capture }: SessionRequest,
  metadata: Readonly<Record<string, string>>,
  { statementDescriptor, statementDescriptorSuffix }: StripeOptions,
): Parameters {
  return {
    capture_method: capture === 'manual' ? 'manual' : undefined,
    description: `Order ${orderReference}`,
    metadata,
    statement_descriptor: statementDescriptor,
    statement_descriptor_suffix: statementDescriptorSuffix,
  };
}

function expiryOf(wanted: Date, now: Date): number {
  const [soonest, latest] = [now.getTime() + SHORTEST_MS, now.getTime() + LONGEST_MS];
  return Math.min(Math.max(wanted.getTime(), soonest), latest);
}
