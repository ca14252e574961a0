import { z } from 'zod';
import { isAmountMinor } from '../../domain/money.ts';
import type { ShownOperation } from '../../domain/operation.ts';
import type { Transaction, TransactionStatus } from '../../domain/transaction.ts';
import { byTime } from '../shared/times.ts';
import { rulesFor } from './capabilities.ts';
import { accountOf } from './id-parts.ts';
import { operationsOf, sumsOf, type Sums } from './money-events.ts';
import { eventSchema, knownEventsOf, needsAmount, type TransactionEvent } from './transaction-event.ts';
import { correctedRest } from './corrections.ts';
import { withoutPersonal } from '../shared/personal-data.ts';
import { amountField, currencyField, idField, referenceField, shownField } from '../shared/gateway-fields.ts';
import { isTime, timeField } from '../shared/times.ts';
import { errorReason } from './parse-answer.ts';

/** Dintero's twelve statuses without UNKNOWN. UNKNOWN and every other status become UNCLEAR. */
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

/** Whether a status of Dintero's is one that we know. */
export function isKnownWord(status: string): boolean {
  return STATUSES.has(status);
}

const PAID_WORDS: ReadonlySet<string> = new Set(['AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED']);
/** Only these statuses can leave a rest of the authorization. */
const OPEN_WORDS: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_CAPTURED_REFUNDED',
]);

const personText = z.string().max(300).optional().catch(undefined);

/** A transaction: strict in the fields that money depends on, tolerant in the others. */
export const transactionSchema = z
  .object({
    id: idField,
    session_id: idField,
    amount: amountField,
    currency: currencyField,
    merchant_reference: referenceField,
    status: idField,
    created_at: timeField.optional().catch(undefined),
    updated_at: timeField.optional().catch(undefined),
    payment_product_type: shownField(100),
    customer: z.object({ email: personText, phone_number: personText }).nullish().catch(undefined),
    events: z.array(eventSchema).nullish(),
  })
  .superRefine((from, context) => {
    const { events } = from;
    for (const [index, event] of (events ?? []).entries()) {
      if (!needsAmount(event) || isAmountMinor(event.amount)) continue;
      context.addIssue({
        code: 'custom',
        path: ['events', index, 'amount'],
        message: 'expected an integer amount',
      });
    }
    // Our columns are int32: a larger sum could never be stored, and would be retried without end.
    const { capturedMinor, refundedMinor } = accountFor(from).sums;
    if (!isAmountMinor(capturedMinor) || !isAmountMinor(refundedMinor))
      context.addIssue({ code: 'custom', path: ['events'], message: 'expected sums within int32' });
    // More captured than authorized is impossible, so the answer counts as not understood.
    else if (capturedMinor > from.amount)
      context.addIssue({
        code: 'custom',
        path: ['events'],
        message: `expected no more captured than the amount of ${from.amount}, found ${capturedMinor}`,
      });
  });

type DinteroTransaction = z.infer<typeof transactionSchema>;

/** The result of a transaction's status and events. */
interface Account {
  readonly status: TransactionStatus;
  readonly operations: readonly ShownOperation[];
  readonly sums: Pick<Sums, 'capturedMinor' | 'refundedMinor'>;
  readonly capturableMinor: number;
}

/** Dintero's transaction in our shape. Its sums are added up from the successful events. */
export function toTransaction(from: DinteroTransaction): Transaction {
  const authorized = wasAuthorized(from);
  const { status, operations, sums, capturableMinor } = accountFor(from);
  const { updated_at: updatedAt, payment_product_type: paymentMethod } = from;
  const reason = cleaned(reasonFor(from), from);
  const knownEvents = knownEventsOf(from.events ?? []);
  return {
    transactionId: from.id,
    sessionId: from.session_id,
    account: accountOf(from.id),
    reference: from.merchant_reference,
    money: { amountMinor: from.amount, currency: from.currency },
    status,
    gatewayStatus: from.status,
    authorized,
    authorizedMinor: authorized ? from.amount : 0,
    ...sums,
    capturableMinor,
    operations: operations.map((operation) => withCleanReason(operation, from)),
    ...(knownEvents.length > 0 && { knownEvents }),
    ...(updatedAt && { updatedAt: updatedAt.toISOString() }),
    ...(paymentMethod && { paymentMethod }),
    ...(reason && { reason }),
    ...(capturableMinor > 0 && lapseOf(from)),
  };
}

/**
 * Dintero does not say when an authorization lapses, so it is calculated from its creation and the rules of
 * the product.
 */
function lapseOf({
  events,
  created_at: createdAt,
  payment_product_type: product,
}: DinteroTransaction): Pick<Transaction, 'authorizationExpiresAt'> {
  const { authorizationDays } = rulesFor({ ...(product !== undefined && { paymentMethod: product }) });
  const event = (events ?? []).find(({ event: word, success }) => word === 'AUTHORIZE' && success === true);
  const begun = Date.parse(event?.created_at ?? '') || createdAt?.getTime();
  if (authorizationDays === null || begun === undefined) return {};
  const lapsesAt = begun + authorizationDays * DAY_MS;
  return isTime(lapsesAt) ? { authorizationExpiresAt: new Date(lapsesAt).toISOString() } : {};
}

const DAY_MS = 24 * 3_600_000;

/** Our status, and what was done with the money and what is left of it. */
export function accountFor(from: {
  readonly status: string;
  readonly amount: number;
  readonly events?: readonly TransactionEvent[] | null | undefined;
}): Account {
  const events = byTime(from.events ?? [], ({ created_at: at }) => at);
  const operations = operationsOf(from.amount, events);
  const { voidedMinor, ...shown } = sumsOf(operations);
  const sums = withoutEvents(from, operations, shown);
  const left = Math.max(0, from.amount - sums.capturedMinor - voidedMinor);
  const capturableMinor = OPEN_WORDS.has(from.status) ? Math.min(left, correctedRest(events) ?? left) : 0;
  return { status: statusOf(from.status, sums), operations, sums, capturableMinor };
}

/**
 * After a void of the rest, the captured money still belongs to the merchant, so the payment is not VOIDED.
 */
function statusOf(word: string, { capturedMinor, refundedMinor }: Account['sums']): TransactionStatus {
  const status = STATUSES.get(word) ?? 'UNCLEAR';
  if (status !== 'VOIDED' || capturedMinor === 0) return status;
  if (refundedMinor === 0) return 'PARTIALLY_CAPTURED';
  return refundedMinor < capturedMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}

/** Swish captures without a capture event: the status then stands for the whole amount. */
function withoutEvents(
  { status, amount }: Pick<DinteroTransaction, 'status' | 'amount'>,
  operations: readonly ShownOperation[],
  { capturedMinor, refundedMinor }: Account['sums'],
): Account['sums'] {
  const isShown = (wanted: ShownOperation['kind']): boolean =>
    operations.some(({ kind, state }) => kind === wanted && state === 'done');
  const isWhole = ['CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'].includes(status);
  const captured = isShown('capture') || !isWhole ? capturedMinor : amount;
  const isReturned = status === 'REFUNDED' && !isShown('refund');
  return { capturedMinor: captured, refundedMinor: isReturned ? captured : refundedMinor };
}

/**
 * Whether it was ever authorized: by its status or, if that has changed since, by an earlier successful
 * event.
 */
function wasAuthorized({ status, events }: DinteroTransaction): boolean {
  if (PAID_WORDS.has(status)) return true;
  const isLater = ['VOIDED', 'PARTIALLY_REFUNDED', 'REFUNDED'].includes(STATUSES.get(status) ?? '');
  return (
    isLater &&
    (events ?? []).some((event) => event.success === true && PAID_WORDS.has(event.transaction_status ?? ''))
  );
}

function reasonFor({ status, events }: DinteroTransaction): string | undefined {
  if (status !== 'FAILED' && status !== 'DECLINED') return undefined;
  return (events ?? []).map(({ error }) => errorReason(error)).findLast((reason) => reason !== undefined);
}

function withCleanReason(operation: ShownOperation, from: DinteroTransaction): ShownOperation {
  const reason = cleaned(operation.reason, from);
  return reason === undefined ? operation : { ...operation, reason };
}

/** Dintero may repeat the payer's address or phone number, which must not get into a history. */
function cleaned(text: string | undefined, { customer }: DinteroTransaction): string | undefined {
  if (text === undefined) return undefined;
  const { email, phone_number: phone } = customer ?? {};
  return withoutPersonal(text, { ...(email && { email }), ...(phone && { phone }) });
}
