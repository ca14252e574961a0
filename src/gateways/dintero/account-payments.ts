/** All transactions of the account, whoever opened their sessions. */
import { z } from 'zod';
import { GatewayRejected } from '../gateway-errors.ts';
import type { AccountPayment, CallOptions, PaymentsPage, PaymentsPlace } from '../gateway.ts';
import { amountField, currencyField, idField } from '../shared/gateway-fields.ts';
import { ListingRepeats, readPage } from '../shared/read-pages.ts';
import { timeField } from '../shared/times.ts';
import type { DinteroClient } from './client.ts';
import { listingOf } from './listing-call.ts';
import { accountFor } from './parse-transaction.ts';
import { eventSchema } from './transaction-event.ts';

const optionalReference = idField.nullish().catch(undefined);

const paymentSchema = z.object({
  id: idField,
  status: idField,
  amount: amountField,
  currency: currencyField,
  created_at: timeField,
  merchant_reference: optionalReference,
  merchant_reference_2: optionalReference,
  events: z.array(eventSchema).nullish().catch(undefined),
});

/** One page, by one call. @throws GatewayRejected where the listing does not advance */
export async function listPayments(
  client: DinteroClient,
  { since, until, cursor }: PaymentsPlace,
  options?: CallOptions,
): Promise<PaymentsPage> {
  const call = {
    operation: 'list transactions',
    path: '/v1/transactions',
    filters: { 'created_at.gte': since.toISOString(), 'created_at.lte': until.toISOString() },
    signal: options?.signal,
  };
  const { rows, next } = await readPage(listingOf(client, call), cursor).catch((error: unknown) => {
    // Reading the same page again would fail in the same way.
    throw error instanceof ListingRepeats ? new GatewayRejected(error.message) : error;
  });
  return { rows: rows.map(toPayment).filter((row) => row !== null), next };
}

function toPayment(row: unknown): AccountPayment | null {
  const parsed = paymentSchema.safeParse(row);
  if (!parsed.success) return null;
  const { id, amount, currency, created_at: createdAt, ...from } = parsed.data;
  return {
    transactionId: id,
    references: [from.merchant_reference, from.merchant_reference_2].filter((one) => typeof one === 'string'),
    money: { amountMinor: amount, currency },
    keptMinor: keptOf(parsed.data),
    createdAt,
  };
}

type Row = z.infer<typeof paymentSchema>;

/** Without events a status alone says whether there is money, and all of it counts. */
function keptOf(row: Row): number {
  const { sums, capturableMinor } = accountFor(row);
  if ((row.events ?? []).length > 0) return sums.capturedMinor - sums.refundedMinor + capturableMinor;
  return WITH_MONEY.has(row.status) ? row.amount : 0;
}

const WITH_MONEY: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'PARTIALLY_CAPTURED_REFUNDED',
]);
