import { z } from 'zod';
import { isAmountMinor } from '../../domain/money.ts';
import type { Transaction, TransactionStatus } from '../../domain/transaction.ts';
import type { ListedTransaction } from '../gateway.ts';
import { accountOf } from './key.ts';
import { amountField, currencyField, idField, reasonOf, timeField } from './words.ts';

/** Dintero's twelve words less UNKNOWN, which like every word not listed here is UNCLEAR. */
const STATUSES: ReadonlyMap<string, TransactionStatus> = new Map([
  ['INITIATED', 'INITIATED'],
  ['ON_HOLD', 'ON_HOLD'],
  ['AUTHORIZED', 'AUTHORIZED'],
  ['AUTHORIZATION_VOIDED', 'VOIDED'],
  ['CAPTURED', 'CAPTURED'],
  ['PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED'],
  ['PARTIALLY_CAPTURED_REFUNDED', 'PARTIALLY_REFUNDED'],
  ['PARTIALLY_REFUNDED', 'PARTIALLY_REFUNDED'],
  ['REFUNDED', 'REFUNDED'],
  ['DECLINED', 'DECLINED'],
  ['FAILED', 'FAILED'],
]);

const PAID_WORDS: ReadonlySet<string> = new Set(['AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED']);

const eventSchema = z.object({
  event: z.string().optional().catch(undefined),
  transaction_status: z.string().optional().catch(undefined),
  success: z.boolean().optional().catch(undefined),
  amount: z.unknown().optional(),
  error: z.unknown().optional(),
});

/** A transaction, strict in what money depends on, tolerant in the rest. */
export const transactionSchema = z
  .object({
    id: idField,
    session_id: idField,
    amount: amountField,
    currency: currencyField,
    merchant_reference: z.string().max(200),
    status: z.string().min(1).max(100),
    updated_at: timeField.optional().catch(undefined),
    payment_product_type: z.string().max(100).optional().catch(undefined),
    events: z.array(eventSchema).nullish(),
  })
  .superRefine(({ events }, context) => {
    for (const [index, event] of (events ?? []).entries()) {
      if (!movesMoney(event) || isAmountMinor(event.amount)) continue;
      context.addIssue({
        code: 'custom',
        path: ['events', index, 'amount'],
        message: 'expected an integer amount',
      });
    }
  });

type DinteroTransaction = z.infer<typeof transactionSchema>;
type TransactionEvent = z.infer<typeof eventSchema>;

/** Dintero's transaction in our words, its sums added up from the successful events. */
export function toTransaction(from: DinteroTransaction): Transaction {
  const authorized = wasAuthorized(from);
  const { updated_at: updatedAt, payment_product_type: paymentMethod } = from;
  const reason = reasonFor(from);
  return {
    transactionId: from.id,
    sessionId: from.session_id,
    account: accountOf(from.id),
    reference: from.merchant_reference,
    money: { amountMinor: from.amount, currency: from.currency },
    status: toStatus(from.status),
    gatewayStatus: from.status,
    authorized,
    authorizedMinor: authorized ? from.amount : 0,
    capturedMinor: capturedSum(from),
    refundedMinor: refundedSum(from),
    ...(updatedAt && { updatedAt: updatedAt.toISOString() }),
    ...(paymentMethod && { paymentMethod }),
    ...(reason && { reason }),
  };
}

const listedSchema = z.object({
  id: idField,
  session_id: idField,
  merchant_reference: z.string().max(200),
  status: z.string(),
  amount: amountField,
  currency: currencyField,
  created_at: timeField,
});

/** A row of the listing. One that is only half understood is UNCLEAR; one that names no session is null. */
export function toListed(row: unknown, since: Date): ListedTransaction | null {
  const parsed = listedSchema.safeParse(row);
  if (!parsed.success) return toUnclear(row, since);
  const from = parsed.data;
  return {
    transactionId: from.id,
    sessionId: from.session_id,
    reference: from.merchant_reference,
    status: toStatus(from.status),
    money: { amountMinor: from.amount, currency: from.currency },
    createdAt: from.created_at,
  };
}

const unclearSchema = z.object({
  id: idField,
  session_id: idField,
  merchant_reference: z.string().max(200).catch(''),
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
    reference: from.merchant_reference,
    status: 'UNCLEAR',
    money: { amountMinor: from.amount, currency: from.currency },
    createdAt: from.created_at ?? since,
  };
}

function toStatus(word: string): TransactionStatus {
  return STATUSES.get(word) ?? 'UNCLEAR';
}

/** By the status itself or, once that has moved on, by a successful event that had reached it. */
function wasAuthorized({ status, events }: DinteroTransaction): boolean {
  if (PAID_WORDS.has(status)) return true;
  const isLater = ['VOIDED', 'PARTIALLY_REFUNDED', 'REFUNDED'].includes(toStatus(status));
  return (
    isLater &&
    (events ?? []).some((event) => event.success === true && PAID_WORDS.has(event.transaction_status ?? ''))
  );
}

/** Swish captures without an event of its own: then the status speaks for the whole amount. */
function capturedSum(from: DinteroTransaction): number {
  const sum = sumOf(from, 'CAPTURE');
  const wholly = ['CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'].includes(from.status);
  return sum ?? (wholly ? from.amount : 0);
}

function refundedSum(from: DinteroTransaction): number {
  return sumOf(from, 'REFUND') ?? (from.status === 'REFUNDED' ? capturedSum(from) : 0);
}

function sumOf({ events }: DinteroTransaction, kind: 'CAPTURE' | 'REFUND'): number | undefined {
  const matching = (events ?? []).filter((event) => event.event === kind && movesMoney(event));
  if (matching.length === 0) return undefined;
  return matching.reduce((sum, { amount }) => sum + (isAmountMinor(amount) ? amount : 0), 0);
}

function movesMoney({ event, success }: TransactionEvent): boolean {
  return success === true && (event === 'CAPTURE' || event === 'REFUND');
}

function reasonFor({ status, events }: DinteroTransaction): string | undefined {
  if (status !== 'FAILED' && status !== 'DECLINED') return undefined;
  return (events ?? []).map(({ error }) => reasonOf(error)).findLast((reason) => reason !== undefined);
}
