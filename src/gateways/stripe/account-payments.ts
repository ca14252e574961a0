/** All payments of the account, also those that no Checkout Session of ours opened. */
import { z } from 'zod';
import { GatewayRejected } from '../gateway-errors.ts';
import type { AccountPayment, AccountPlace, CallOptions, PaymentsPage } from '../gateway.ts';
import { idField } from '../shared/gateway-fields.ts';
import { readPageOnce } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import type { Parameters } from './form-parameters.ts';
import { listingOf, secondsOf } from './listing-call.ts';
import { metadataField, secondsField } from './stripe-fields.ts';
import { chargeSchema, intentSchema } from './stripe-objects.ts';

const paymentSchema = intentSchema.extend({
  created: secondsField,
  latest_charge: chargeSchema.nullish().catch(undefined),
});

const sessionSchema = z.object({
  client_reference_id: idField.nullish().catch(undefined),
  metadata: metadataField,
  payment_intent: z.unknown(),
});

interface Phase {
  readonly name: string;
  readonly path: string;
  readonly query: Parameters;
  readonly toPayment: (row: unknown) => AccountPayment | null;
}

/** Many shops write the reference on the Checkout Session alone, and a PaymentIntent does not show its session. */
const PHASES: readonly Phase[] = [
  {
    name: 'sessions',
    path: '/v1/checkout/sessions',
    query: { expand: ['data.payment_intent.latest_charge'] },
    toPayment: ofSession,
  },
  {
    name: 'payments',
    path: '/v1/payment_intents',
    query: { expand: ['data.latest_charge'] },
    toPayment: ofPayment,
  },
];

/** One page, by one call: first the sessions, then the payments. @throws GatewayRejected for a foreign cursor */
export async function listPayments(
  client: StripeClient,
  { since, until, cursor }: AccountPlace,
  options?: CallOptions,
): Promise<PaymentsPage> {
  const [name = '', rest = ''] = /^([a-z]+) ?(.*)$/.exec(cursor ?? 'sessions')?.slice(1) ?? [];
  const index = PHASES.findIndex((phase) => phase.name === name);
  const phase = PHASES[index];
  if (phase === undefined)
    throw new GatewayRejected(`Stripe list payments: "${cursor}" is not a cursor of it`);
  const created = { gte: secondsOf(since), lte: secondsOf(until) + 1 };
  const call = {
    operation: `list ${name}`,
    path: phase.path,
    query: { ...phase.query, created },
    signal: options?.signal,
  };
  const page = await readPageOnce(listingOf(client, call), rest === '' ? null : rest);
  const rows = page.rows.map(phase.toPayment).filter((row) => row !== null);
  const next = page.next === null ? PHASES[index + 1]?.name : `${name} ${page.next}`;
  return { rows, next: next ?? null };
}

function ofSession(row: unknown): AccountPayment | null {
  const session = sessionSchema.safeParse(row).data;
  const payment = ofPayment(session?.payment_intent);
  if (session === undefined || payment === null) return null;
  const { client_reference_id: reference, metadata } = session;
  return {
    ...payment,
    references: [...(reference ? [reference] : []), ...textsIn(metadata), ...payment.references],
    isAddition: true,
  };
}

function ofPayment(row: unknown): AccountPayment | null {
  const parsed = paymentSchema.safeParse(row);
  if (!parsed.success) return null;
  const { id, amount, currency, created, metadata, latest_charge: charge, ...intent } = parsed.data;
  const capturable = intent.status === 'requires_capture' ? intent.amount_capturable : 0;
  const refunded = charge?.amount_refunded ?? 0;
  return {
    transactionId: id,
    references: textsIn(metadata),
    money: { amountMinor: amount, currency },
    // What Stripe gives back of money that was never captured is no refund.
    keptMinor: capturable > 0 ? capturable : Math.max(0, intent.amount_received - refunded),
    createdAt: created,
  };
}

/** Shops name the field of their order freely, and other fields have short numbers that are no order. */
const NAMES_ORDER = /order|reference/i;

function textsIn(metadata: z.infer<typeof metadataField>): string[] {
  const named = Object.entries(metadata ?? {}).filter(([name]) => NAMES_ORDER.test(name));
  return named.flatMap(([, value]) => idField.safeParse(value).data ?? []);
}
