/** The rows of the timeline about a record: its notes, and what it changes in words. */
import type { OrderChange } from '../../domain/order-change.ts';
import type { Decision } from '../../domain/finding.ts';
import type { FinishedOperation } from '../../domain/finish-operations.ts';
import type { Note } from '../../domain/note.ts';
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

function finishedNote({ kind, reference, state, amountMinor, code, detail }: FinishedOperation): Note {
  const amount = amountMinor === null ? '' : ` of ${amountMinor} minor units`;
  const why = state === 'done' ? '' : `: ${detail ?? code}`;
  return {
    kind: 'operation',
    text: `${kind} ${reference}${amount} ${state === 'done' ? 'done' : 'failed'}${why}`,
    data: {
      kind,
      reference,
      state,
      ...(amountMinor !== null && { amount: amountMinor }),
      ...(code !== null && { code }),
    },
  };
}

function decisionNotes(payment: PaymentRow, change: OrderChange | null): Note[] {
  if (change === null) return [];
  if (change.reviewMark !== payment.reviewMark) return [markNote(payment, change)];
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

function markNote({ status: from }: PaymentRow, { status, reviewMark: mark }: OrderChange): Note {
  const text =
    mark === null
      ? `${from} became ${status}: the gateway says so clearly again, the review mark is gone`
      : `${status} stands, and a person is asked: ${mark}`;
  return { kind: 'decision', text, data: { from, to: status, mark } };
}
