/** All transactions of the account, also those of sessions that other software opened. */
import { z } from 'zod';
import type { AccountPayment, AccountPlace, CallOptions, PaymentsPage } from '../gateway.ts';
import { amountField, currencyField, idField } from '../shared/gateway-fields.ts';
import { readPageOnce } from '../shared/read-pages.ts';
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
  { since, until, cursor }: AccountPlace,
  options?: CallOptions,
): Promise<PaymentsPage> {
  const call = {
    operation: 'list transactions',
    path: '/v1/transactions',
    filters: { 'created_at.gte': since.toISOString(), 'created_at.lte': until.toISOString() },
    signal: options?.signal,
  };
  const { rows, next } = await readPageOnce(listingOf(client, call), cursor);
  return { rows: rows.map(toPayment).filter((row) => row !== null), next };
}

function toPayment(row: unknown): AccountPayment | null {
  const parsed = paymentSchema.safeParse(row);
  if (!parsed.success) return null;
  const { id, amount, currency, created_at: createdAt, ...from } = parsed.data;
  const { sums, capturableMinor } = accountFor(parsed.data);
  return {
    transactionId: id,
    references: [from.merchant_reference, from.merchant_reference_2].filter((one) => typeof one === 'string'),
    money: { amountMinor: amount, currency },
    keptMinor: sums.capturedMinor - sums.refundedMinor + capturableMinor,
    createdAt,
  };
}
