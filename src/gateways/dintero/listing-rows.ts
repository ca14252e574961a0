import { z } from 'zod';
import type { ListedTransaction } from '../gateway.ts';
import { eventSchema, needsAmount } from './transaction-event.ts';
import { isAmountMinor } from '../../domain/money.ts';
import { accountFor } from './parse-transaction.ts';
import { amountField, currencyField, idField } from '../shared/gateway-fields.ts';
import { timeField } from '../shared/times.ts';

const listedSchema = z.object({
  id: idField,
  session_id: idField,
  status: idField,
  amount: amountField,
  currency: currencyField,
  created_at: timeField,
  updated_at: timeField.optional().catch(undefined),
  // Dintero does not promise events in listings: without usable ones there are no sums.
  events: z
    .array(eventSchema)
    .refine((events) => events.every((event) => !needsAmount(event) || isAmountMinor(event.amount)))
    .optional()
    .catch(undefined),
});

/** A row of a listing. A row that is only partly understood is UNCLEAR; a row without a session is null. */
export function toListed(row: unknown, since: Date): ListedTransaction | null {
  const parsed = listedSchema.safeParse(row);
  if (!parsed.success) return toUnclear(row, since);
  const from = parsed.data;
  const { status, sums } = accountFor(from);
  return {
    transactionId: from.id,
    sessionId: from.session_id,
    status,
    money: { amountMinor: from.amount, currency: from.currency },
    createdAt: from.created_at,
    ...(from.events && sums),
  };
}

const changedSchema = z.object({
  updated_at: timeField.optional().catch(undefined),
  events: z
    .array(z.object({ created_at: timeField }))
    .optional()
    .catch(undefined),
});

/** When a row was last changed, if it shows that. */
export function changedAt(row: unknown): Date | undefined {
  const { updated_at: updatedAt, events = [] } = changedSchema.safeParse(row).data ?? {};
  const times = [updatedAt, ...events.map(({ created_at: at }) => at)].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : new Date(Math.max(...times.map((at) => at.getTime())));
}

const unclearSchema = z.object({
  id: idField,
  session_id: idField,
  amount: amountField.catch(0),
  currency: currencyField.catch('XXX'),
  created_at: timeField.optional().catch(undefined),
});

function toUnclear(row: unknown, since: Date): ListedTransaction | null {
  const parsed = unclearSchema.safeParse(row);
  if (!parsed.success) return null;
  const from = parsed.data;
  return {
    transactionId: from.id,
    sessionId: from.session_id,
    status: 'UNCLEAR',
    money: { amountMinor: from.amount, currency: from.currency },
    createdAt: from.created_at ?? since,
  };
}
