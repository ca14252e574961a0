/** A payment's story for people: what the workflow wrote down, and whether the merchant has heard of it. */
import type { z } from 'zod';
import { formatMoney } from '../../domain/money.ts';
import { operationName } from '../../store/about-operation.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import type { Db } from '../../store/open.ts';
import { listUnfinished, type OperationRow } from '../../store/operations.ts';
import { listUpdates, type OutboxRow } from '../../store/outbox.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { failedAttempts, type AttemptRow } from '../../store/update-attempts.ts';
import { readTimeline } from '../../store/timeline.ts';
import { inMoney } from './amounts-in-text.ts';
import type { timelineEntry } from './payment-schemas.ts';

export type StoryEntry = z.infer<typeof timelineEntry>;

/** Oldest first; amounts as people write them, however they were written down. */
export async function readStory(
  db: Db,
  payment: Pick<PaymentRow, 'id' | 'currency' | 'acceptedCurrency'>,
): Promise<StoryEntry[]> {
  const { id: paymentId } = payment;
  const [notes, updates, operations, attempts] = await Promise.all([
    readTimeline(db, paymentId),
    listUpdates(db, paymentId),
    listUnfinished(db, paymentId),
    failedAttempts(db, paymentId, MOST_ATTEMPTS),
  ]);
  let currency = currencyOf(payment);
  const told = notes.map(({ at, kind, text, data }) => {
    // What the gateway holds may be of another currency than what was asked for.
    if (kind === 'read' && typeof data['currency'] === 'string') currency = data['currency'];
    const words = text === '' ? GONE : IN_OUR_WORDS.has(kind) ? inMoney(text, currency) : text;
    return { at: at.toISOString(), kind, text: words, data };
  });
  const entries = [
    ...told,
    ...updates.map(toldEntry).filter((entry) => entry !== null),
    ...operations.map((operation) => openEntry(operation, currency)),
    ...attempts.map(attemptEntry),
  ];
  return entries.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));
}

/** The kinds of notes that hold no words of an operator or of a callback. */
const IN_OUR_WORDS: ReadonlySet<string> = new Set(['read', 'decision', 'operation']);

/** In the place of a line's text. */
export const GONE = 'its words are deleted, being older than RETENTION_TIMELINE';

/** What was asked for and has not ended: how it ends is a note of its own. */
function openEntry(operation: OperationRow, currency: string): StoryEntry {
  const { kind, reference, state, amount, wanted, sentAt, createdAt } = operation;
  const of = amount ?? wanted;
  const money = of === null ? '' : ` of ${formatMoney({ amountMinor: of, currency })}`;
  const text = `${operationName(operation)}${money} ${OPEN[sentAt === null ? 'unsent' : state] ?? state}`;
  const data = { kind, reference, state, ...(of !== null && { amount: of }) };
  return { at: (sentAt ?? createdAt).toISOString(), kind: 'operation', text, data };
}

const OPEN: Readonly<Record<string, string>> = {
  unsent: 'is asked for and not sent yet',
  pending: 'is sent; the gateway has not finished it',
  unknown: 'is sent, and its answer was lost: it is read for, and not sent again',
};

/** How far the merchant has been told; null before the first attempt. */
function toldEntry(update: OutboxRow): StoryEntry | null {
  const { effectId, type, state, attempts, lastAnswer, sequence } = update;
  const at = update.finishedAt ?? update.attemptedAt ?? (state === 'off' ? update.createdAt : null);
  if (at === null) return null;
  const data = { effectId, type, state, attempts, lastAnswer, sequence };
  return { at: at.toISOString(), kind: 'update', text: toldText(update), data };
}

/** The newest that were not heard; all of them are at `GET /v1/updates/{id}/attempts`. */
const MOST_ATTEMPTS = 20;

const UNDER_WAY = 'under way, or our process ended under it';

function attemptEntry(attempt: AttemptRow & { type: string }): StoryEntry {
  const { effectId, type, n, at, status, error, ms, answer } = attempt;
  const unknown = ms === null ? UNDER_WAY : 'nothing is known of what came back';
  const came = status === null ? (error ?? unknown) : `answered ${status}`;
  const words = answer === null ? '' : `: "${answer}"`;
  const text = `attempt ${n} to tell of ${type}: ${came}${ms === null ? '' : ` after ${ms} ms`}${words}`;
  const data = { effectId, attempt: n, status, error, ms, answer };
  return { at: at.toISOString(), kind: 'update', text, data };
}

function toldText({ type, state, attempts, lastAnswer, body }: OutboxRow): string {
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const tried = lastAnswer === null && body === '' ? times : `${lastAnswer}, ${times}`;
  switch (state) {
    case 'delivered':
      return `the merchant heard ${type} (${tried})`;
    case 'pending':
      return `the merchant has not heard ${type} yet (${tried}); tried again for 3 days`;
    case 'gone':
      return `the merchant wants no more of ${type} (${tried})`;
    case 'gave_up':
      return `the merchant never heard ${type} (${tried}); given up after 3 days`;
    case 'superseded':
      return `${type} not sent: the order has moved on`;
    default:
      return `${type} goes nowhere: ORDER_WEBHOOK_URL is not set`;
  }
}
