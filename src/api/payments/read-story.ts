/**
 * A payment's timeline for people: the notes of its workflows, and whether the merchant has acknowledged its
 * updates.
 */
import type { z } from 'zod';
import { formatMoney } from '../../domain/money.ts';
import { operationName } from '../../store/about-operation.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import type { Db } from '../../store/open.ts';
import { listUnfinished, type OperationRow } from '../../store/operations.ts';
import { listUpdates, type OutboxRow } from '../../store/outbox.ts';
import { nextAttemptOf } from '../../store/untold-updates.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { failedAttempts, type AttemptRow } from '../../store/update-attempts.ts';
import { readTimeline } from '../../store/timeline.ts';
import { inMoney } from './amounts-in-text.ts';
import type { timelineEntry } from './payment-schemas.ts';

export type StoryEntry = z.infer<typeof timelineEntry>;

/** Oldest first, with amounts as people write them. */
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
    // The gateway may hold money in another currency than was requested.
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

/** The kinds of notes that contain no text of an operator or of a callback. */
const IN_OUR_WORDS: ReadonlySet<string> = new Set(['read', 'decision', 'operation']);

/** Replaces the text of an entry. */
export const GONE = 'the text was deleted, because it is older than RETENTION_TIMELINE';

/** An operation that has not ended; its end will be a separate note. */
function openEntry(operation: OperationRow, currency: string): StoryEntry {
  const { kind, reference, transactionId, state, amount, wanted, sentAt, createdAt } = operation;
  const of = amount ?? wanted;
  const money = of === null ? '' : ` of ${formatMoney({ amountMinor: of, currency })}`;
  const surplus = transactionId === null ? '' : ` of surplus ${transactionId}`;
  const text = `${operationName(operation)}${money}${surplus} ${OPEN[sentAt === null ? 'unsent' : state] ?? state}`;
  const about = { ...(transactionId !== null && { transactionId }), ...(of !== null && { amount: of }) };
  const data = { kind, reference, state, ...about };
  return { at: (sentAt ?? createdAt).toISOString(), kind: 'operation', text, data };
}

const OPEN: Readonly<Record<string, string>> = {
  unsent: 'was requested and not sent yet',
  pending: 'was sent; the gateway has not finished it',
  unknown:
    'was sent, and its response was lost: the gateway is read until it shows the result, and nothing is sent again',
};

/** A new update is sent at once, so it has an entry of its own only when that is overdue. */
const OVERDUE_AFTER_MS = 60_000;

/** The state of an update; null before its first attempt, unless that is overdue. */
function toldEntry(update: OutboxRow): StoryEntry | null {
  const { effectId, type, state, attempts, lastAnswer, sequence } = update;
  const next = nextAttemptOf(update);
  const isOverdue = next !== null && Date.now() - next.getTime() > OVERDUE_AFTER_MS;
  const since = state === 'off' ? update.createdAt : isOverdue ? new Date() : null;
  const at = update.finishedAt ?? update.attemptedAt ?? since;
  if (at === null) return null;
  const due = next === null ? {} : { nextAttemptAt: next.toISOString() };
  const data = { effectId, type, state, attempts, lastAnswer, sequence, ...due };
  return { at: at.toISOString(), kind: 'update', text: toldText(update), data };
}

/** How many failed attempts are shown, the newest; `GET /v1/updates/{id}/attempts` has all. */
const MOST_ATTEMPTS = 20;

const UNDER_WAY = 'under way, or our process ended during it';

function attemptEntry(attempt: AttemptRow & { type: string }): StoryEntry {
  const { effectId, type, n, at, status, error, ms, answer } = attempt;
  const unknown = ms === null ? UNDER_WAY : 'the response is not known';
  const came = status === null ? (error ?? unknown) : `answered ${status}`;
  const words = answer === null ? '' : `: "${answer}"`;
  const text = `attempt ${n} to send ${type}: ${came}${ms === null ? '' : ` after ${ms} ms`}${words}`;
  const data = { effectId, attempt: n, status, error, ms, answer };
  return { at: at.toISOString(), kind: 'update', text, data };
}

function toldText({ type, state, attempts, lastAnswer }: OutboxRow): string {
  if (state === 'pending' && attempts === 0 && lastAnswer === null)
    return `${type} is due, and no process has sent it yet`;
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const tried = lastAnswer === null ? times : `${lastAnswer}, ${times}`;
  switch (state) {
    case 'delivered':
      return `the merchant acknowledged ${type} (${tried})`;
    case 'pending':
      return `the merchant has not acknowledged ${type} yet (${tried}); it is sent again for up to 3 days`;
    case 'gone':
      return `the merchant refused ${type}, which is not sent again (${tried})`;
    case 'gave_up':
      return `the merchant never acknowledged ${type} (${tried}); given up after 3 days`;
    case 'superseded':
      return `${type} not sent: a later update of the order replaces it`;
    default:
      return `${type} not sent: ${lastAnswer ?? 'ORDER_WEBHOOK_URL is not set'}`;
  }
}
