/** The rows of the timeline about a record: its notes, and what it changes in words. */
import type { OrderChange } from '../../domain/order-change.ts';
import type { Decision } from '../../domain/finding.ts';
import type { FinishedOperation } from '../../domain/finish-operations.ts';
import type { Note } from '../../domain/note.ts';
import { heldMinor, isMarkedForSurplus, type SurplusHandling } from '../../domain/surplus.ts';
import type { PaymentRow } from '../payments.ts';
import type { timeline } from '../schema/order-tables.ts';
import { noteKey, type Locked } from './lock-order.ts';
import type { FindingRecord } from './record-request.ts';

/** The notes for the timeline. A repeated record notes only what it changes, under keys of its own. */
export function noteRows(
  { payment, isRepeated }: Locked,
  change: OrderChange | null,
  finished: readonly FinishedOperation[],
  record: FindingRecord,
  decision: Decision,
): (typeof timeline.$inferInsert)[] {
  const notes: Note[] = [
    ...(isRepeated ? [] : record.notes(decision)),
    ...finished.map(finishedNote),
    ...decisionNotes(payment, change),
    ...surplusNotes(payment, change),
    ...(change?.updates ?? []).map(
      ({ type }) => ({ kind: 'update', text: `${type} queued for the merchant` }) as const,
    ),
  ];
  const key = isRepeated ? `${record.key}-again` : record.key;
  return notes.map((note, index) => ({
    ...note,
    at: note.at === undefined ? new Date() : new Date(note.at),
    paymentId: payment.id,
    key: noteKey(key, index),
  }));
}

function finishedNote({
  kind,
  reference,
  transactionId,
  state,
  amountMinor,
  code,
  detail,
}: FinishedOperation): Note {
  const amount = amountMinor === null ? '' : ` of ${amountMinor} minor units`;
  const why = state === 'done' ? '' : `: ${detail ?? code}`;
  const of = transactionId === null ? '' : ` of surplus ${transactionId}`;
  return {
    kind: 'operation',
    text: `${kind} ${reference}${amount}${of} ${state === 'done' ? 'done' : 'failed'}${why}`,
    data: {
      kind,
      reference,
      state,
      ...(transactionId !== null && { transactionId }),
      ...(amountMinor !== null && { amount: amountMinor }),
      ...(code !== null && { code }),
    },
  };
}

function decisionNotes(payment: PaymentRow, change: OrderChange | null): Note[] {
  if (change === null) return [];
  const isMarked = change.reviewMark !== payment.reviewMark;
  const isStanding = change.status === payment.status || change.reviewMark === null;
  if (isMarked && isStanding) return [markNote(payment, change)];
  const marks = isMarked ? [markNote({ ...payment, status: change.status }, change)] : [];
  return [...statusNotes(payment, change), ...marks];
}

function statusNotes(payment: PaymentRow, change: OrderChange): Note[] {
  if (change.status === payment.status && change.reason === payment.reason) return [];
  const why = change.reason === null ? '' : ` (${change.reason})`;
  const paid = change.paysNow ? `; order ${payment.orderReference} is paid by this payment` : '';
  return [
    {
      kind: 'decision',
      text: `${payment.status} became ${change.status}${why}${paid}`,
      data: { from: payment.status, to: change.status },
    },
  ];
}

function markNote(payment: PaymentRow, { status, reviewMark: mark }: OrderChange): Note {
  const { status: from } = payment;
  const why = isMarkedForSurplus(payment) ? 'nothing is asked about surplus any more' : CLEAR_AGAIN;
  const text =
    mark === null
      ? `${from} became ${status}: ${why}, the review mark is gone`
      : `${status} stands, and a person is asked: ${mark}`;
  return { kind: 'decision', text, data: { from, to: status, mark } };
}

const CLEAR_AGAIN = 'the gateway says so clearly again';

function surplusNotes({ surplus: before }: PaymentRow, change: OrderChange | null): Note[] {
  const changed = (change?.surplus ?? before).filter((one) => !before.includes(one));
  return changed.map((one) => {
    const { transactionId, status, handling } = one;
    const text = `surplus ${transactionId} of the session is ${status}, ${heldMinor(one)} minor units: ${HANDLED[handling]}`;
    return { kind: 'decision', text, data: { transactionId, status, handling } };
  });
}

const HANDLED = {
  give_back: 'it must go back',
  review: 'a person is asked',
  stuck: 'it could not be given back, and a person is asked',
  dismissed: 'an operator handles it',
  none: 'nothing is held',
} as const satisfies Record<SurplusHandling, string>;
