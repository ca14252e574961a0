/** What the timeline says of a look, in words and data. */
import type { Note } from '../activities/payment-activities.ts';
import type { Decision } from '../domain/decide.ts';
import type { Reading } from '../domain/transaction.ts';
import type { CallbackSignal, LookSignal, ReturnSignal } from './messages.ts';
import type { Triggers } from './run-state.ts';

/** What the gateway said, and what we made of it. */
export interface Found {
  readonly reading: Reading;
  readonly decision: Decision;
}

/** Why we looked and what the gateway said. */
export function notesOf(gateway: string, triggers: Triggers, found: Found, now: number): Note[] {
  return [
    ...triggers.callbacks.map(callbackNote),
    ...triggers.pokes.map(pokeNote),
    ...(triggers.timer === null
      ? []
      : [{ kind: 'poll', text: `time for a ${triggers.timer} look` } as const]),
    ...(triggers.expiry === null ? [] : [{ kind: 'poll', text: 'time is over: a last look' } as const]),
    readNote(gateway, found, now),
  ];
}

function callbackNote({ claim, receivedAt, eventId }: CallbackSignal): Note {
  const claims = Object.entries(claim).map(([name, value]) => `${name}=${value}`);
  return {
    kind: 'delivery',
    at: receivedAt,
    text: `verified callback: ${claims.join(' ')}`,
    data: { eventId, ...claim },
  };
}

function pokeNote({ why, at }: ReturnSignal | LookSignal): Note {
  if (why === 'return') return { kind: 'return', at, text: 'the browser came back' };
  if (why === 'unproved_callback')
    return { kind: 'delivery', at, text: 'a callback that proves nothing asked for a look' };
  if (why === 'sweep')
    return { kind: 'sweep', at, text: 'the sweep found a difference that nobody had told us of' };
  return { kind: 'operation', at, text: ASKED_BY_US[why] };
}

const ASKED_BY_US = {
  operator: 'an operator asked for a look',
  refused_refund: 'a refund was asked for of more than we know to be captured',
  untold_update: 'an update was never told',
  unwatched: 'nobody seemed to watch it any more',
  in_review: 'what was to move its money has put it in REVIEW',
} as const;

function readNote(gateway: string, { reading, decision }: Found, now: number): Note {
  const { text, data } = readWords(gateway, reading);
  const isUnclear = decision.kind === 'unclear' && reading.kind === 'transaction';
  const words = isUnclear ? `${text}: not clear yet, ${decision.reason}` : text;
  return { kind: 'read', at: new Date(now).toISOString(), text: words, ...(data && { data }) };
}

function readWords(gateway: string, reading: Reading): { text: string; data?: Record<string, unknown> } {
  switch (reading.kind) {
    case 'absent':
      return { text: `${gateway} does not know it (yet)` };
    case 'session':
      return { text: `${gateway} says: no transaction, the session is ${reading.state}` };
    case 'unreadable':
      return { text: `${gateway} answered, but not in a way we understand: ${reading.reason}` };
    case 'transaction': {
      const { transactionId, gatewayStatus, money, reference, capturedMinor, refundedMinor } =
        reading.transaction;
      return {
        text: `${gateway} says ${gatewayStatus}, ${money.amountMinor} minor units of ${money.currency} for ${reference}`,
        data: {
          transactionId,
          status: gatewayStatus,
          amount: money.amountMinor,
          currency: money.currency,
          capturedMinor,
          refundedMinor,
        },
      };
    }
  }
}
