/** The timeline's notes about a look, in words and data. */
import type { Callback } from '../domain/callback.ts';
import type { Decision } from '../domain/finding.ts';
import type { Note } from '../domain/note.ts';
import type { Reading, Transaction } from '../domain/transaction.ts';
import type { LookRequest, Poke, Triggers } from '../domain/trigger.ts';

/** The gateway's answer, and our decision. */
export interface Found {
  readonly reading: Reading;
  readonly decision: Decision;
  /** Transactions of the reading that are of another account, session, reference or currency. */
  readonly strangers?: readonly Transaction[];
}

/**
 * Why we looked and what the gateway answered. A look without a finding leaves no note if only an unproved
 * request asked for it. Looks at a hold or a review are kept, since nothing else shows that the payment is
 * watched.
 */
export function notesOfLook(gateway: string, triggers: Triggers, found: Found, now: number): Note[] {
  const { callbacks, pokes, requests, timer, expiry } = triggers;
  if (found.decision.kind !== 'find' && !isWorthKeeping(triggers)) return [];
  const timed = timer === null ? [] : [{ kind: 'poll', text: `time for a ${timer} look` } as const];
  const last = expiry === null ? [] : [{ kind: 'poll', text: 'the lifetime is over: a last look' } as const];
  return [
    ...callbacks.map(callbackNote),
    ...pokes.map(pokeNote),
    ...requests.map(requestNote),
    ...timed,
    ...last,
    readNote(gateway, found, now),
    ...surplusNotes(found, now),
  ];
}

const KEPT: ReadonlySet<LookRequest['why']> = new Set([
  'sweep',
  'reconciliation',
  'unwatched',
  'in_review',
  'operator',
]);

function isWorthKeeping({ callbacks, requests, timer }: Triggers): boolean {
  const isWatch = timer === 'poll' || timer === 'review';
  return callbacks.length > 0 || isWatch || requests.some(({ why }) => KEPT.has(why));
}

function callbackNote({ claim, receivedAt, eventId }: Callback): Note {
  const claims = Object.entries(claim).map(([name, value]) => `${name}=${value}`);
  return {
    kind: 'delivery',
    at: receivedAt,
    text: `verified callback: ${claims.join(' ')}`,
    data: { eventId, ...claim },
  };
}

function pokeNote({ why, at }: Poke): Note {
  if (why === 'return') return { kind: 'return', at, text: 'the browser came back' };
  return { kind: 'delivery', at, text: 'a callback that proves nothing asked for a look' };
}

function requestNote({ why, at }: LookRequest): Note {
  if (why === 'sweep')
    return { kind: 'sweep', at, text: 'the sweep found a difference that no callback had reported' };
  if (why === 'reconciliation')
    return { kind: 'sweep', at, text: 'the reconciliation found a difference from the gateway' };
  return { kind: 'operation', at, text: ASKED_BY_US[why] };
}

const ASKED_BY_US = {
  operator: 'an operator asked for a look',
  refused_refund: 'a refund was requested of more than the recorded captures',
  unwatched: 'no run seemed to watch the payment any more',
  in_review: 'its money run has put the payment in REVIEW',
} as const;

function readNote(gateway: string, { reading, decision }: Found, now: number): Note {
  const isUnclear = decision.kind === 'unclear' && reading.kind === 'transaction';
  const said = wordsOfReading(gateway, reading);
  const text = isUnclear ? `${said}: not clear yet, ${decision.reason}` : said;
  const data = dataOf(reading);
  return { kind: 'read', at: new Date(now).toISOString(), text, ...(data && { data }) };
}

/** The further transactions of the session. */
function surplusNotes({ reading, strangers = [] }: Found, now: number): Note[] {
  const further = reading.kind === 'transaction' ? (reading.surplus ?? []) : [];
  const at = new Date(now).toISOString();
  return further.map((one) => {
    const { transactionId, gatewayStatus, money, reference } = one;
    const left = strangers.includes(one) ? ': it is not of this payment, and is left alone' : '';
    const text = `the session also has ${transactionId}, ${gatewayStatus}, ${money.amountMinor} minor units of ${money.currency} for ${reference}${left}`;
    return { kind: 'read', at, text, data: { transactionId, status: gatewayStatus } };
  });
}

/** The gateway's answer, in words. */
export function wordsOfReading(gateway: string, reading: Reading): string {
  switch (reading.kind) {
    case 'absent':
      return `${gateway} does not know it (yet)`;
    case 'session':
      return `${gateway} says: no transaction, the session is ${reading.state}`;
    case 'unreadable':
      return `${gateway} answered, but not in a way we understand: ${reading.reason}`;
    case 'transaction': {
      const { gatewayStatus, money, reference } = reading.transaction;
      return `${gateway} says ${gatewayStatus}, ${money.amountMinor} minor units of ${money.currency} for ${reference}`;
    }
  }
}

function dataOf(reading: Reading): Note['data'] {
  if (reading.kind !== 'transaction') return undefined;
  const { transactionId, gatewayStatus, money, capturedMinor, refundedMinor } = reading.transaction;
  return {
    transactionId,
    status: gatewayStatus,
    amount: money.amountMinor,
    currency: money.currency,
    capturedMinor,
    refundedMinor,
  };
}
